//! A server of one file, which breaks off, redirects or forgets on demand.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What the server does with a request.
#[derive(Clone, Debug)]
pub enum Act {
    /// Sends what is asked for: a range if the version is still the same (RFC 9110, section 14).
    Serve,
    /// The same, and closes after so many bytes of the body.
    Cut(usize),
    /// Sends all of it, whatever is asked for, and gives it no version.
    Forget,
    /// Has another version of the file from now on.
    Change(Vec<u8>),
    /// Sends the client elsewhere.
    Redirect(String),
    /// Answers with this status and nothing else.
    Status(u16),
    /// Sends without end and without having said how much.
    Endless,
}

/// The server. Its thread ends with the process.
pub struct FileServer {
    pub address: SocketAddr,
    heard: Arc<Mutex<Vec<String>>>,
}

impl FileServer {
    /// Serves a file and does as the script says, request by request; the last act is repeated.
    pub fn start(file: &[u8], script: &[Act]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let (requests, mut script) = (Arc::clone(&heard), script.to_vec());
        let mut file = file.to_vec();
        let mut version = 1;
        script.reverse();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let act = match script.len() {
                    1 => script[0].clone(),
                    _ => script.pop().unwrap(),
                };
                if let Act::Change(other) = &act {
                    file.clone_from(other);
                    version += 1;
                }
                // A client that leaves in the middle is what some tests are about.
                let _ = answer(&stream.unwrap(), &file, version, &act, &requests);
            }
        });
        Self { address, heard }
    }

    /// The address of a file there.
    pub fn url(&self, name: &str) -> String {
        format!("http://{}/{name}", self.address)
    }

    /// The heads of the requests so far, in small letters.
    pub fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

fn answer(
    mut stream: &TcpStream,
    file: &[u8],
    version: u32,
    act: &Act,
    requests: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let lines = BufReader::new(stream).lines().map_while(Result::ok);
    let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    let head = head.join("\n").to_ascii_lowercase();
    let header = |name: &str| {
        let mut lines = head.lines();
        lines.find_map(|line| line.strip_prefix(name).map(str::to_owned))
    };
    let tag = format!("\"{version}\"");
    let first = header("range: bytes=").and_then(|range| range.trim_end_matches('-').parse().ok());
    let first: Option<usize> = first.filter(|_| header("if-range: ").as_deref() == Some(&tag));
    requests.lock().unwrap().push(head);
    let close = "connection: close\r\n";
    match act {
        Act::Serve | Act::Cut(_) | Act::Change(_) => {
            let (status, from) = match first {
                Some(from) => ("206 Partial Content", from),
                None => ("200 OK", 0),
            };
            let length = file.len();
            write!(stream, "HTTP/1.1 {status}\r\n{close}etag: {tag}\r\n")?;
            write!(stream, "content-length: {}\r\n", length - from)?;
            if first.is_some() {
                write!(
                    stream,
                    "content-range: bytes {from}-{}/{length}\r\n",
                    length - 1
                )?;
            }
            let end = match act {
                Act::Cut(bytes) => (from + bytes).min(length),
                _ => length,
            };
            stream.write_all(b"\r\n")?;
            stream.write_all(&file[from..end])
        }
        Act::Forget => {
            write!(stream, "HTTP/1.1 200 OK\r\n{close}\r\n")?;
            stream.write_all(file)
        }
        Act::Redirect(to) => write!(
            stream,
            "HTTP/1.1 302 Found\r\n{close}location: {to}\r\n\r\n"
        ),
        Act::Status(code) => write!(stream, "HTTP/1.1 {code} Scripted\r\n{close}\r\n"),
        Act::Endless => {
            write!(stream, "HTTP/1.1 200 OK\r\n{close}\r\n")?;
            loop {
                stream.write_all(&[0; 1 << 16])?;
            }
        }
    }
}
