//! Who comes in: access tokens and client secrets, in headers and in subprotocols.

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Error;

use crate::server::{Running, client};
use crate::socket::{Socket, serve};

const TOKEN: &str = "a token that is long enough";
const BEARER: &str = "Bearer a token that is long enough";

fn url(server: &Running) -> String {
    format!("ws://{}/v1/realtime", server.address)
}

async fn refused(server: &Running, headers: &[(&'static str, &str)]) -> (u16, String) {
    match Socket::with(&url(server), headers).await {
        Err(Error::Http(refused)) => {
            let status = refused.status().as_u16();
            let body: Value = serde_json::from_slice(&refused.into_body().unwrap()).unwrap();
            (status, body["error"]["code"].as_str().unwrap().to_owned())
        }
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("it was let in"),
    }
}

async fn secret(server: &Running, body: &Value) -> Value {
    let post = client()
        .post(server.url("/v1/realtime/client_secrets"))
        .bearer_auth(TOKEN);
    post.json(body).send().await.unwrap().json().await.unwrap()
}

#[tokio::test]
async fn the_key_opens_the_door_and_nothing_else_does() {
    let server = serve(&[("PRAXILOOM_ACCESS_TOKEN", TOKEN)]).await;
    let (status, code) = refused(&server, &[]).await;
    assert_eq!((status, code.as_str()), (401, "missing_api_key"));
    let (status, code) = refused(&server, &[("authorization", "Bearer wrong")]).await;
    assert_eq!((status, code.as_str()), (401, "invalid_api_key"));
    let (status, _) = refused(&server, &[("authorization", "Bearer ek_never_issued")]).await;
    assert_eq!(status, 401);
    let mut socket = Socket::with(&url(&server), &[("authorization", BEARER)])
        .await
        .unwrap();
    socket.is_well().await;
    // A page of another origin does not come in, whatever it knows.
    let elsewhere = [
        ("authorization", BEARER),
        ("origin", "https://elsewhere.example"),
    ];
    let (status, code) = refused(&server, &elsewhere).await;
    assert_eq!((status, code.as_str()), (403, "origin_not_allowed"));
}

#[tokio::test]
async fn a_client_secret_begins_the_session_it_was_issued_for() {
    let server = serve(&[("PRAXILOOM_ACCESS_TOKEN", TOKEN)]).await;
    let clients: Value = client()
        .get(server.url("/api/clients"))
        .bearer_auth(TOKEN)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let other = clients["clients"][1].clone();
    let session = json!({
        "type": "realtime",
        "prompt": {"id": other["id"]},
        "output_modalities": ["text"],
        "audio": {"input": {"turn_detection": {"type": "server_vad", "threshold": 0.75}}},
    });
    let issued = secret(&server, &json!({"session": session})).await;
    let key = issued["value"].as_str().unwrap();
    let protocols = format!("realtime, openai-insecure-api-key.{key}");
    let bearer = format!("Bearer {key}");
    for header in [
        ("sec-websocket-protocol", protocols.as_str()),
        ("authorization", bearer.as_str()),
    ] {
        let mut socket = Socket::with(&url(&server), &[header]).await.unwrap();
        let session = socket.seen[0]["session"].clone();
        assert_eq!(session["prompt"]["id"], other["id"]);
        assert_eq!(session["output_modalities"], json!(["text"]));
        assert_eq!(
            session["audio"]["input"]["turn_detection"]["threshold"],
            0.75
        );
        assert_eq!(
            session["audio"]["output"]["voice"], other["voice"],
            "the client's own"
        );
        let answer = socket.type_line("What would you like to talk about?").await;
        assert!(!answer.text.is_empty());
    }
    let voiced = json!({"session": {"prompt": {"id": other["id"]}, "audio": {"output": {"voice": "marin"}}}});
    let issued = secret(&server, &voiced).await;
    let bearer = format!("Bearer {}", issued["value"].as_str().unwrap());
    let socket = Socket::with(&url(&server), &[("authorization", &bearer)])
        .await
        .unwrap();
    assert_eq!(
        socket.seen[0]["session"]["audio"]["output"]["voice"],
        "marin"
    );
}

#[tokio::test]
async fn unknown_clients_are_named_wherever_they_are_asked_for() {
    let server = serve(&[("PRAXILOOM_ACCESS_TOKEN", TOKEN)]).await;
    let unknown = json!({"type": "realtime", "prompt": {"id": "nobody"}});
    let refused = secret(&server, &json!({"session": unknown})).await;
    assert_eq!(refused["error"]["param"], "session.prompt.id", "{refused}");
    let mut socket = Socket::with(&url(&server), &[("authorization", BEARER)])
        .await
        .unwrap();
    let update = json!({"type": "session.update", "event_id": "e1", "session": unknown});
    socket.send(update).await;
    let error = socket.error().await;
    assert_eq!(error["param"], "session.prompt.id");
    assert_eq!(error["event_id"], "e1");
    socket.is_well().await;
}

#[tokio::test]
async fn only_conversations_are_held_here() {
    let server = serve(&[]).await;
    for query in ["intent=transcription", "call_id=rtc_nobody"] {
        let url = format!("{}?{query}", url(&server));
        let Err(Error::Http(refused)) = Socket::with(&url, &[]).await else {
            panic!("{query} was taken");
        };
        assert!([400, 404].contains(&refused.status().as_u16()), "{query}");
    }
}
