//! A server that is stopped or killed: what was said before is there, and goes on, there or at
//! another one; and what reaches another one concerns those that are not there.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Error;

use crate::archived::Part;
use crate::doors::refused_at;
use crate::postgres::Postgres;
use crate::process::Process;
use crate::resume::{done, replayed, resume_url};
use crate::server::client;
use crate::socket::{LONG, Socket, question_pcm};

pub const STAND_INS: [(&str, &str); 3] = [
    ("PRAXILOOM_STT_ENGINE", "standin"),
    ("PRAXILOOM_TTS_ENGINE", "standin"),
    ("PRAXILOOM_LIVE_STOP_GRACE_SECONDS", "1"),
];
/// How long a node that says nothing may take to be taken for dead, and its sessions put away.
const DEAD: Duration = Duration::from_secs(60);

pub async fn begin(server: &Process) -> Socket {
    let url = server.url().replacen("http", "ws", 1) + "/v1/realtime";
    let mut socket = Socket::at(&url).await;
    let session = json!({"type": "realtime", "include": ["praxiloom.events"]});
    socket
        .send(json!({"type": "session.update", "session": session}))
        .await;
    socket.until("session.updated").await;
    socket
}

/// Asks a question and has it answered. Ids of the items that there are then.
pub async fn talk(socket: &mut Socket) -> Vec<String> {
    socket.speak(&question_pcm()).await;
    assert_eq!(socket.answer().await.response["status"], "completed");
    done(socket.seen.iter())
}

/// Resumes a session, as soon as the server lets it.
pub async fn resumed(server: &Process, id: &str, within: Duration) -> Socket {
    let url = resume_url(server.url(), id);
    let until = Instant::now() + within;
    loop {
        match Socket::with(&url, &[]).await {
            Ok(socket) => return socket,
            Err(Error::Http(refused)) => {
                let status = refused.status().as_u16();
                assert!([404, 409].contains(&status), "{status}");
                let why = String::from_utf8(refused.into_body().unwrap()).unwrap();
                assert!(Instant::now() < until, "{why}");
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            Err(error) => panic!("{error}"),
        }
    }
}

/// Asserts that a session goes on with these items.
async fn goes_on(socket: &mut Socket, items: &[String]) {
    let told = socket.until("praxiloom.session.resumed").await;
    assert_eq!(told["items"], items.len());
    for _ in items {
        socket.until("conversation.item.done").await;
    }
    assert_eq!(replayed(&socket.seen), items);
    socket.is_well().await;
}

#[tokio::test]
async fn a_killed_server_loses_a_second_at_most_and_goes_on() {
    const SESSIONS: usize = 6;
    const CHUNKS: u32 = 100;
    let folder = tempfile::tempdir().unwrap();
    let server = Process::serve(folder.path(), &STAND_INS);
    let mut talker = begin(&server).await;
    let items = talk(&mut talker).await;
    assert_eq!(items.len(), 2);
    // What the others say meanwhile takes longer than this needs to reach the disk.
    let mut sockets = Vec::new();
    for _ in 0..SESSIONS {
        sockets.push(begin(&server).await);
    }
    // A noise that no recogniser takes for silence, without a pause, in real time.
    let noise: Vec<u8> = (0u32..1920)
        .flat_map(|n| ((n.wrapping_mul(2_654_435_761) >> 18) as i16).to_le_bytes())
        .collect();
    let began = Instant::now();
    for number in 0..CHUNKS {
        tokio::time::sleep_until(began + Duration::from_millis(40) * number).await;
        for socket in &mut sockets {
            socket.append(&noise[..1920]).await;
        }
    }
    server.signal("KILL");
    let (status, _) = server.wait();
    assert!(!status.success());
    let ids: Vec<String> = sockets.iter().map(Socket::id).collect();
    drop(sockets);

    let server = Process::serve(folder.path(), &STAND_INS);
    let mut again = resumed(&server, &talker.id(), LONG).await;
    goes_on(&mut again, &items).await;
    let mut worst = 0;
    for id in &ids {
        drop(resumed(&server, id, LONG).await);
        let part = Part::read(folder.path(), id, 1);
        let voice = part.track("coach");
        let onset = voice.peaks.iter().position(|peak| *peak > 20).unwrap() as u64 * 20;
        let lost = (u64::from(CHUNKS) * 40).saturating_sub(voice.ms - onset);
        worst = worst.max(lost);
        assert!(lost <= 1000, "{lost} ms were lost");
        assert!(voice.level(voice.ms - 500, voice.ms) > 500.0, "it is sound");
    }
    println!("at most {worst} ms of {SESSIONS} sessions were lost");
}

/// Two servers that share a database and a folder of recordings, as behind a proxy.
struct Nodes {
    first: Process,
    second: Process,
    folder: tempfile::TempDir,
    _database: Postgres,
}

impl Nodes {
    fn start(more: &[(&str, &str)]) -> Self {
        let (database, folder) = (Postgres::start(), tempfile::tempdir().unwrap());
        let url = database.url("postgres");
        let sessions = folder.path().join("sessions").display().to_string();
        let node = |name: &str| {
            let shared = [
                ("PRAXILOOM_DATABASE_URL", url.as_str()),
                ("PRAXILOOM_ARCHIVE_FOLDER", &sessions),
            ];
            let variables = [&STAND_INS[..], &shared[..], more].concat();
            Process::serve(&folder.path().join(name), &variables)
        };
        Self {
            first: node("first"),
            second: node("second"),
            folder,
            _database: database,
        }
    }
}

#[tokio::test]
async fn a_session_goes_on_at_another_server_when_its_own_stops() {
    let nodes = Nodes::start(&[]);
    let mut socket = begin(&nodes.first).await;
    let items = talk(&mut socket).await;
    nodes.first.signal("TERM");
    assert_eq!(
        socket.until("praxiloom.notice").await["code"],
        "server_stopping"
    );
    assert_eq!(socket.closed().await, 1001);
    // Without waiting for the other to be gone altogether.
    let mut next = resumed(&nodes.second, &socket.id(), Duration::from_secs(10)).await;
    let (status, log) = nodes.first.wait();
    assert!(status.success(), "{log}");
    goes_on(&mut next, &items).await;
    let part = Part::read(nodes.folder.path(), &socket.id(), 1);
    assert_eq!(part.reason(), Some("server_stopped"));
    assert!(part.track("coach").ended && part.track("client").ended);
}

#[tokio::test]
async fn a_session_goes_on_at_another_server_when_its_own_is_killed() {
    let nodes = Nodes::start(&[]);
    let mut socket = begin(&nodes.first).await;
    let items = talk(&mut socket).await;
    // What is said reaches the disk within a second.
    tokio::time::sleep(Duration::from_millis(1100)).await;
    nodes.first.signal("KILL");
    nodes.first.wait();
    let mut next = resumed(&nodes.second, &socket.id(), DEAD).await;
    goes_on(&mut next, &items).await;
}

#[tokio::test]
async fn a_session_stays_with_its_client_secret_at_another_server() {
    const TOKEN: &str = "a token that is long enough";
    let nodes = Nodes::start(&[("PRAXILOOM_ACCESS_TOKEN", TOKEN)]);
    let secret = async |server: &Process| {
        let url = format!("{}/v1/realtime/client_secrets", server.url());
        let issued = client().post(url).bearer_auth(TOKEN).send().await.unwrap();
        let issued: Value = issued.json().await.unwrap();
        format!("Bearer {}", issued["value"].as_str().unwrap())
    };
    let (mine, theirs) = (secret(&nodes.first).await, secret(&nodes.first).await);
    let url = nodes.first.url().replacen("http", "ws", 1) + "/v1/realtime";
    let headers = [("authorization", mine.as_str())];
    let mut socket = Socket::with(&url, &headers).await.unwrap();
    socket.is_well().await;
    let id = socket.id();
    nodes.first.signal("TERM");
    assert_eq!(socket.closed().await, 1001);
    nodes.first.wait();
    let url = resume_url(nodes.second.url(), &id);
    for stranger in [theirs, secret(&nodes.second).await] {
        let (status, code) = refused_at(&url, &[("authorization", &stranger)]).await;
        assert_eq!((status, code.as_str()), (404, "not_found"));
    }
    let mut socket = Socket::with(&url, &headers).await.unwrap();
    assert_eq!(socket.id(), id);
    socket.is_well().await;
}

#[tokio::test]
async fn a_hang_up_that_reaches_another_server_ends_the_session() {
    let nodes = Nodes::start(&[]);
    let mut socket = begin(&nodes.first).await;
    let id = socket.id();
    let at = format!("{}/api/sessions/{id}", nodes.second.url());
    let session = async || -> Value {
        let answer = client().get(&at).send().await.unwrap();
        answer.json().await.unwrap()
    };
    let until = Instant::now() + LONG;
    // The database is told of a session a moment after it began.
    while session().await["status"] != "live" {
        assert!(Instant::now() < until, "{}", session().await);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let hang_up = async || {
        let url = format!("{}/v1/realtime/calls/{id}/hangup", nodes.second.url());
        client().post(url).send().await.unwrap().status().as_u16()
    };
    assert_eq!(hang_up().await, 200);
    let told = socket.until("praxiloom.notice").await;
    assert_eq!(told["code"], "session_ended");
    assert_eq!(socket.closed().await, 1000);
    while session().await["status"] != "ended" {
        assert!(Instant::now() < until, "{}", session().await);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(session().await["end_reason"], "hung_up");
    assert_eq!(hang_up().await, 404);
    // It is over for everybody, everywhere.
    let over = (409, "session_not_resumable".to_owned());
    for node in [&nodes.first, &nodes.second] {
        assert_eq!(refused_at(&resume_url(node.url(), &id), &[]).await, over);
    }
}
