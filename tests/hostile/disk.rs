//! A disk that is full, and one that may not be written to: the conversation goes on, the coach is
//! told, and what was recorded before is whole.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use media::FRAME;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use crate::companion::Companion;
use crate::house::{House, Kept, STANDINS};
use crate::process::Process;
use crate::server::client;
use crate::socket::{LONG, Socket};

/// A server whose data lies on a small disk of its own, in a mount namespace of its own.
struct Confined {
    house: House,
    space: Space,
}

/// The namespace, which outlives the server.
struct Space {
    holder: Child,
    /// Whether it has users of its own, too.
    users: bool,
    inside: PathBuf,
    _folder: tempfile::TempDir,
}

impl Drop for Space {
    fn drop(&mut self) {
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

impl Space {
    /// With this much room. `None`, and the reason printed, where no such disk can be had.
    fn make(room: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let inside = folder.path().to_owned();
        let flags = ["-rm", "-m"].into_iter().find(|flags| {
            let tried = Command::new("unshare")
                .args([flags, "mount", "-t", "tmpfs", "tmpfs"])
                .arg(&inside)
                .output();
            tried.is_ok_and(|tried| tried.status.success())
        });
        let Some(flags) = flags else {
            println!(
                "not run: neither a user namespace nor root may mount a disk here; what a failing \
                 disk does is held by the tests of src/archive alone"
            );
            return None;
        };
        let mut holder = Command::new("unshare")
            .args([flags, "sh", "-c"])
            .arg(r#"mount -t tmpfs -o size="$1" tmpfs "$2" && echo there && exec sleep infinity"#)
            .args(["sh", room])
            .arg(&inside)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut there = [0; 6];
        let said = holder.stdout.as_mut().unwrap().read_exact(&mut there);
        said.expect("there is no disk");
        Some(Self {
            holder,
            users: flags == "-rm",
            inside,
            _folder: folder,
        })
    }

    /// A command that runs in it.
    fn command(&self) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["-t", &self.holder.id().to_string(), "-m"]);
        if self.users {
            command.args(["-U", "--preserve-credentials"]);
        }
        command
    }

    fn serve(&self) -> House {
        let mut command = self.command();
        command
            .arg(env!("CARGO_BIN_EXE_praxiloom"))
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(&self.inside)
            .envs(STANDINS);
        let data = Path::new("/proc")
            .join(self.holder.id().to_string())
            .join("root")
            .join(self.inside.strip_prefix("/").unwrap());
        House::of(Process::run(command), data)
    }
}

impl Confined {
    /// With this much room. `None` where no such disk can be had.
    fn start(room: &str) -> Option<Self> {
        let space = Space::make(room)?;
        let house = space.serve();
        Some(Self { house, space })
    }

    /// The server is killed, and started again.
    fn restarted(self) -> Self {
        let Self { house, space } = self;
        drop(house);
        let house = space.serve();
        Self { house, space }
    }

    /// Runs a command where the server is.
    fn within(&self, script: &str) {
        let mut command = self.space.command();
        command.args(["sh", "-c", script, "sh"]);
        let done = command.arg(&self.space.inside).output().unwrap();
        assert!(
            done.status.success(),
            "{}",
            String::from_utf8_lossy(&done.stderr)
        );
    }
}

/// The size of a disk that is filled up.
const ROOM: &str = "24m";
/// Fills it.
const FILL: &str = r#"cat /dev/zero > "$1/filler" || true"#;
/// Makes room.
const EMPTY: &str = r#"rm "$1/filler""#;

/// How many turns it may take until a recording that should stop has: one, but what is recorded of
/// it may just fit into what is left of the disk.
const TURNS: usize = 4;

/// Talks until the coach is told that the recording ended; the notice.
async fn told(companion: &mut Companion) -> Value {
    for _ in 0..TURNS {
        companion.turn().await;
        if let Some(notice) = recordings_stopped(companion).first() {
            return notice.clone();
        }
    }
    panic!("nobody was told: {:?}", companion.notices());
}

/// How often a coach was told that the recording ended. Of a busy machine they may be told other
/// things as well.
fn recordings_stopped(companion: &Companion) -> Vec<Value> {
    let seen = companion.socket.seen.iter();
    seen.filter(|event| event["code"] == "recording_stopped")
        .cloned()
        .collect()
}

/// Waits until everything that the client answered so far is on record.
async fn on_record(house: &House, companion: &Companion) {
    let id = companion.id();
    let recorded = async {
        loop {
            let said = house.said_so_far(&id).await.unwrap_or_default();
            if companion.answers.iter().all(|answer| said.contains(answer)) {
                return;
            }
            sleep(Duration::from_millis(100)).await;
        }
    };
    let done = timeout(LONG, recorded).await;
    done.expect("what was said is not on record");
}

/// Goes on with a session, as soon as what ended before is written.
async fn resumed(house: &House, id: &str) -> Companion {
    let again = async {
        loop {
            match Companion::try_resume(house, id).await {
                Ok(companion) => return companion,
                Err(refused) => println!("not yet: {refused}"),
            }
            sleep(Duration::from_millis(500)).await;
        }
    };
    timeout(LONG, again).await.expect("it does not go on")
}

/// A session that begins while the disk is full, from its beginning to its end; its id. Nothing of
/// it is on record, so no other connection can go on with it: the one that it has does. (While the
/// database has not heard of it, the refusal says so.)
async fn begins_unrecorded(house: &House) -> String {
    let mut newcomer = Companion::begin(house).await;
    let notice = told(&mut newcomer).await;
    let message = notice["message"].as_str().unwrap();
    assert!(message.contains("full"), "{notice}");
    let id = newcomer.id();
    let refused = Companion::try_resume(house, &id).await.err();
    let refused = refused.expect("it went on").to_string();
    assert!(
        ["409", "503"].iter().any(|code| refused.contains(code)),
        "{refused}"
    );
    newcomer.turn().await;
    newcomer.socket.stream.close(None).await.unwrap();
    // Its page asks at once whether there is anything to be heard.
    let session = house.get(&format!("/api/sessions/{id}")).await;
    assert_eq!(session["recording"]["state"], "none", "{session}");
    id
}

/// Asserts that what was said up to where the recording is said to have stopped sounds on the tracks, and
/// that they end about there.
async fn assert_whole_to_the_stop(house: &House, session: &Value, kept: &Kept) {
    let ms = |value: &Value| Duration::from_millis(value.as_u64().unwrap());
    let stopped = ms(&session["recording"]["stopped_at_ms"]);
    let id = session["id"].as_str().unwrap();
    let transcript = house.get(&format!("/api/sessions/{id}/transcript")).await;
    let lines = transcript["lines"].as_array().unwrap();
    for line in lines {
        let end = kept.ends[usize::from(line["speaker"] == "client")];
        let said = ms(&line["to_ms"]).min(stopped);
        assert!(said <= end + FRAME, "{stopped:?}: {kept:?}: {line}");
    }
    let last = lines.iter().map(|line| ms(&line["to_ms"])).max().unwrap();
    let longest = kept.reaches.max(last);
    let apart = longest.abs_diff(stopped);
    assert!(apart < Duration::from_millis(1500), "{stopped:?}: {kept:?}");
}

#[tokio::test]
async fn a_full_disk_ends_the_recording_and_not_the_conversation() {
    let Some(confined) = Confined::start(ROOM) else {
        return;
    };
    let house = &confined.house;
    let mut before = Companion::begin(house).await;
    before.turn().await;
    on_record(house, &before).await;
    let answers = before.answers.clone();
    let whole = before.leave(house).await;
    let mut companion = Companion::begin(house).await;
    companion.turn().await;
    on_record(house, &companion).await;
    confined.within(FILL);
    let notice = told(&mut companion).await;
    assert!(
        notice["message"].as_str().unwrap().contains("full"),
        "{notice}"
    );
    // The conversation goes on, in this session and in new ones.
    companion.turn().await;
    assert_eq!(recordings_stopped(&companion).len(), 1, "told once");
    let unrecorded = companion.talk_while(begins_unrecorded(house)).await;
    let (id, answered) = (companion.id(), companion.answers.clone());
    companion.socket.stream.close(None).await.unwrap();
    // There is room again: what waited for the database is written, and new sessions are recorded.
    confined.within(EMPTY);
    let session = house.ended(&id).await;
    assert_eq!(session["recording"]["state"], "stopped", "{session}");
    assert_eq!(session["recording"]["reason"], "disk_full", "{session}");
    let said = house.said_by_client(&id).await;
    assert!(said.contains(&answered[0]), "{said:?}");
    let kept = house.files_of(&id, false);
    assert!(kept.sound > Duration::from_secs(3));
    assert_whole_to_the_stop(house, &session, &kept).await;
    let session = house.ended(&unrecorded).await;
    assert_eq!(session["recording"]["state"], "none", "{session}");
    assert_eq!(session["recording"]["reason"], "disk_full", "{session}");
    // The session that was cut short goes on, and says what of it is missing.
    let mut again = resumed(house, &id).await;
    again.turn().await;
    on_record(house, &again).await;
    let session = again.leave(house).await;
    assert_eq!(session["recording"]["state"], "interrupted", "{session}");
    let states: Vec<&Value> = session["parts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|part| &part["recording"]["state"])
        .collect();
    assert_eq!(states, ["stopped", "whole"], "{session}");
    assert_eq!(session["parts"][0]["end_reason"], "by_client", "{session}");
    let transcript = house.get(&format!("/api/sessions/{id}/transcript")).await;
    // It spoke faster than time passes, so there may be no time away.
    let missing = &transcript["breaks"][0];
    assert_eq!(missing["kind"], "unrecorded", "{transcript}");
    let stopped = &session["parts"][0];
    assert_eq!(missing["from_ms"], stopped["recording"]["stopped_at_ms"]);
    assert_eq!(missing["to_ms"], stopped["to_ms"], "{session}");
    house.assert_kept(&whole, &answers).await;
    let mut after = Companion::begin(house).await;
    after.turn().await;
    on_record(house, &after).await;
    let answers = after.answers.clone();
    let session = after.leave(house).await;
    house.assert_kept(&session, &answers).await;
}

/// Sends a request without a body; its status and what it says.
async fn ask(house: &House, method: Method, path: &str) -> (u16, Value) {
    let url = format!("{}{path}", house.process.url());
    let answer = client().request(method, url).send().await.unwrap();
    let status = answer.status().as_u16();
    (status, answer.json().await.unwrap_or_default())
}

#[tokio::test]
async fn on_a_full_disk_everything_but_recording_goes_on() {
    let Some(confined) = Confined::start(ROOM) else {
        return;
    };
    let house = &confined.house;
    let old = Companion::begin(house).await.leave(house).await;
    let old = old["id"].as_str().unwrap();
    let mut companion = Companion::begin(house).await;
    companion.turn().await;
    on_record(house, &companion).await;
    house.warns(json!([])).await;
    confined.within(FILL);
    told(&mut companion).await;
    house.warns(json!(["disk_full"])).await;
    // Who may begin a session, and who may hear one.
    let (status, secret) = ask(house, Method::POST, "/v1/realtime/client_secrets").await;
    assert_eq!(status, 200, "{secret}");
    let key = format!("Bearer {}", secret["value"].as_str().unwrap());
    let headers = [("authorization", key.as_str())];
    let begun = Socket::with(&house.socket(), &headers).await.unwrap();
    let (status, ticket) = ask(house, Method::POST, &format!("/api/sessions/{old}/ticket")).await;
    assert_eq!(status, 200, "{ticket}");
    // A session goes, and with it what it takes of the disk.
    let path = format!("/api/sessions/{old}");
    assert_eq!(ask(house, Method::DELETE, &path).await.0, 204);
    assert_eq!(ask(house, Method::GET, &path).await.0, 404);
    // One that lost its connection goes on; one that is hung up then is over.
    let (id, dropped) = (companion.id(), begun.id());
    drop((companion, begun));
    let mut again = resumed(house, &id).await;
    again.turn().await;
    let hung_up = format!("/v1/realtime/calls/{dropped}/hangup");
    assert_eq!(ask(house, Method::POST, &hung_up).await.0, 200);
    let session = house.ended(&dropped).await;
    assert_eq!(session["end_reason"], "hung_up", "{session}");
    let session = again.leave(house).await;
    assert_eq!(session["end_reason"], "by_client", "{session}");
    // The server starts on it, too, and says what is wrong.
    let confined = confined.restarted();
    let house = &confined.house;
    house.warns(json!(["disk_full"])).await;
    let mut companion = resumed(house, &id).await;
    companion.turn().await;
    companion.leave(house).await;
    let listed = house.get("/api/sessions").await;
    assert_eq!(listed["sessions"].as_array().unwrap().len(), 2, "{listed}");
    confined.within(EMPTY);
    house.warns(json!([])).await;
    let mut after = Companion::begin(house).await;
    after.turn().await;
    on_record(house, &after).await;
    let answers = after.answers.clone();
    let session = after.leave(house).await;
    house.assert_kept(&session, &answers).await;
}

#[tokio::test]
async fn a_folder_that_may_not_be_written_to_ends_recordings_and_not_conversations() {
    let Some(confined) = Confined::start("32m") else {
        return;
    };
    let house = &confined.house;
    let mut companion = Companion::begin(house).await;
    companion.turn().await;
    confined.within(
        r#"mount --bind "$1/sessions" "$1/sessions" && mount -o remount,bind,ro "$1/sessions""#,
    );
    let newcomer = async {
        let mut newcomer = Companion::begin(house).await;
        let notice = told(&mut newcomer).await;
        let message = notice["message"].as_str().unwrap();
        assert!(message.contains("cannot be written to"), "{notice}");
        newcomer.turn().await;
        newcomer.leave(house).await
    };
    // Who had their files open before goes on.
    let session = companion.talk_while(newcomer).await;
    assert!(recordings_stopped(&companion).is_empty());
    assert_eq!(session["recording"]["state"], "none", "{session}");
    assert_eq!(session["recording"]["reason"], "read_only", "{session}");
    confined.within(r#"umount "$1/sessions""#);
    on_record(house, &companion).await;
    let answers = companion.answers.clone();
    let session = companion.leave(house).await;
    house.assert_kept(&session, &answers).await;
}

#[tokio::test]
async fn a_folder_that_cannot_be_used_at_all_is_told_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("sessions"), "a file").unwrap();
    let output = crate::process::command(&["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(folder.path())
        .envs(STANDINS)
        .output()
        .unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("archive.folder"), "{said}");
    assert_eq!(json!(output.status.code()), json!(1));
}
