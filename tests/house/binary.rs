//! The binary as a person runs it: what it prints, what it refuses, how it ends, what it logs.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::process::{Process, assert_discreet, command};
use crate::server::client;

const TOKEN: &str = "seldom-heard-token-word";

const STAND_INS: [(&str, &str); 3] = [
    ("PRAXILOOM_STT_ENGINE", "standin"),
    ("PRAXILOOM_TTS_ENGINE", "standin"),
    ("PRAXILOOM_LLM_ENGINE", "standin"),
];

#[tokio::test]
async fn says_where_it_serves_and_stops_at_a_signal() {
    let folder = tempfile::tempdir().unwrap();
    let server = Process::serve(&folder.path().join("new/data"), &STAND_INS);
    assert!(server.greeting[0].starts_with("praxiloom serves on http://127.0.0.1:"));
    for (line, does) in server.greeting[1..]
        .iter()
        .zip(["listens", "thinks", "speaks"])
    {
        assert!(
            line.trim_start().starts_with(does) && line.contains("standin"),
            "{line}"
        );
    }
    let health = client()
        .get(format!("{}/health", server.url()))
        .send()
        .await
        .unwrap();
    assert_eq!(health.status(), StatusCode::OK);
    assert!(folder.path().join("new/data/praxiloom.db").exists());
    server.signal("TERM");
    let (status, log) = server.wait();
    assert!(status.success(), "{log}");
    assert!(log.contains("everything ended by itself"), "{log}");
}

#[tokio::test]
async fn the_default_engines_start() {
    let folder = tempfile::tempdir().unwrap();
    let server = Process::serve(folder.path(), &[]);
    for (line, engine) in server.greeting[1..]
        .iter()
        .zip(["pocketsphinx", "authored", "local"])
    {
        assert!(line.contains(engine), "{line}");
    }
    server.signal("INT");
    assert!(server.wait().0.success());
}

#[tokio::test]
async fn logs_nothing_private() {
    let folder = tempfile::tempdir().unwrap();
    let mut variables = STAND_INS.to_vec();
    variables.push(("PRAXILOOM_ACCESS_TOKEN", TOKEN));
    variables.push(("PRAXILOOM_LOG_LEVEL", "trace"));
    let server = Process::serve(folder.path(), &variables);
    let url = format!("{}/v1/realtime/client_secrets?name=marigold", server.url());
    let body = json!({"session": {"type": "realtime", "instructions": "my periwinkle marriage"}});
    let request = client().post(&url).bearer_auth(TOKEN).json(&body);
    let issued: Value = request.send().await.unwrap().json().await.unwrap();
    let secret = issued["value"].as_str().unwrap();
    let wrong = json!({"session": {"type": "periwinkle"}, "nested": "periwinkle"});
    let refused = client()
        .post(&url)
        .bearer_auth("seldom-guessed-word")
        .json(&wrong);
    assert_eq!(
        refused.send().await.unwrap().status(),
        StatusCode::UNAUTHORIZED
    );
    let refused = client().post(&url).bearer_auth(TOKEN).json(&wrong);
    assert_eq!(
        refused.send().await.unwrap().status(),
        StatusCode::BAD_REQUEST
    );
    let audio = format!("{}/api/sessions/sess_oleander/audio", server.url());
    let heard = client().get(format!("{audio}?ticket=tk_hydrangea"));
    let heard = heard.send().await.unwrap();
    assert_eq!(heard.status(), StatusCode::UNAUTHORIZED);
    server.signal("TERM");
    let (_, log) = server.wait();
    assert!(
        log.contains("/api/sessions/{id}/audio"),
        "requests are logged by their routes: {log}"
    );
    assert!(
        log.contains("/v1/realtime/client_secrets"),
        "requests are logged: {log}"
    );
    assert_discreet(
        &log,
        &[
            TOKEN,
            secret,
            "periwinkle",
            "marigold",
            "oleander",
            "hydrangea",
            "seldom-guessed-word",
        ],
    );
}

#[test]
fn wrong_settings_are_named() {
    for (arguments, variable, says) in [
        (
            &["serve", "--live-max-sessions", "0"][..],
            None,
            "--live-max-sessions: 0 is not between",
        ),
        (
            &["serve"],
            Some(("PRAXILOOM_LISTEN", "here")),
            "PRAXILOOM_LISTEN: `here`: ",
        ),
        (
            &["serve"],
            Some(("PRAXILOOM_LISEN", "x")),
            "PRAXILOOM_LISEN: there is no such setting",
        ),
        (&["serve", "--config", "/none.toml"], None, "/none.toml: "),
        (
            &["serve", "--listen", "0.0.0.0:0"],
            None,
            "--listen: other machines can reach",
        ),
        (
            &["serve", "--lisen", "x"],
            None,
            "unexpected argument '--lisen'",
        ),
    ] {
        let output = command(arguments).envs(variable).output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(
            !output.status.success() && error.contains(says),
            "{arguments:?}: {error}"
        );
    }
}

#[test]
fn the_doctor_says_what_works_and_fails_if_anything_does_not() {
    let asked = |variables: &[(&str, &str)]| {
        let mut command = command(&["doctor"]);
        let variables = variables.iter().copied();
        let output = command.envs(STAND_INS).envs(variables).output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(text).unwrap())
    };
    let (well, text) = asked(&[]);
    assert!(well, "{text}");
    let lines: Vec<&str> = text.lines().collect();
    for (line, does) in lines.iter().zip(["listens", "thinks", "speaks"]) {
        let line = line.trim_start();
        assert!(
            line.starts_with(does) && line.contains("standin: answers after "),
            "{line}"
        );
    }
    // A port that nobody has: bound, and given back.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let (well, text) = asked(&[
        ("PRAXILOOM_LLM_FALLBACK", "anthropic"),
        ("PRAXILOOM_ANTHROPIC_KEY", "periwinkle"),
        ("PRAXILOOM_ANTHROPIC_BASE_URL", &address),
    ]);
    assert!(!well, "{text}");
    assert!(text.contains("1 of 4 providers do not work"), "{text}");
    let line = text.lines().nth(2).unwrap();
    assert!(
        line.contains("thinks   anthropic: FAILS: anthropic is unavailable"),
        "{line}"
    );
    assert_discreet(&text, &["periwinkle"]);
    // Nobody named what stands in at last.
    let (_, text) = asked(&[
        ("PRAXILOOM_STT_ENGINE", "deepgram"),
        ("PRAXILOOM_DEEPGRAM_KEY", "periwinkle"),
        ("PRAXILOOM_DEEPGRAM_BASE_URL", &address),
        ("PRAXILOOM_STT_MODELS", "/none"),
    ]);
    let last = text.lines().nth(1).unwrap();
    assert!(last.contains("if every vendor fails: FAILS: "), "{text}");
    assert!(text.contains("1 of 4 providers do not work"), "{text}");
}

#[test]
fn what_cannot_be_had_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let serve = |data: &std::path::Path, variables: &[(&str, &str)]| {
        let mut command = command(&["serve", "--listen", &address, "--data"]);
        let output = command
            .arg(data)
            .envs(STAND_INS)
            .envs(variables.iter().copied())
            .output();
        String::from_utf8(output.unwrap().stderr).unwrap()
    };
    assert!(serve(folder.path(), &[]).contains(&format!("server.listen: {address}: ")));
    let port = [
        ("PRAXILOOM_LISTEN", "127.0.0.1:0"),
        ("PRAXILOOM_WEBRTC_LISTEN", &address),
    ];
    let mut calls = command(&["serve", "--data"]);
    let output = calls
        .arg(folder.path())
        .envs(STAND_INS)
        .envs(port)
        .output()
        .unwrap();
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .contains("webrtc.listen: ")
    );
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    assert!(serve(&file, &[]).contains("server.data: "));
    let models = [
        ("PRAXILOOM_STT_ENGINE", "pocketsphinx"),
        ("PRAXILOOM_STT_MODELS", "/none"),
    ];
    assert!(serve(folder.path(), &models).contains("pocketsphinx"));
}
