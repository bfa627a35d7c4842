//! Who comes in: access tokens and client secrets, in headers and in subprotocols.

use std::time::Duration;

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Error;

use crate::call::Call;
use crate::ends::ended;
use crate::resume::resume_url;
use crate::server::{Running, client};
use crate::socket::{Socket, serve};

const TOKEN: &str = "a token that is long enough";
const BEARER: &str = "Bearer a token that is long enough";

fn url(server: &Running) -> String {
    format!("ws://{}/v1/realtime", server.address)
}

async fn refused(server: &Running, headers: &[(&'static str, &str)]) -> (u16, String) {
    refused_at(&url(server), headers).await
}

/// Why a session does not begin, or go on, at this address.
pub async fn refused_at(url: &str, headers: &[(&'static str, &str)]) -> (u16, String) {
    match Socket::with(url, headers).await {
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

/// A key of its own for somebody's browser.
async fn key(server: &Running, body: &Value) -> String {
    let issued = secret(server, body).await;
    issued["value"].as_str().expect("a secret").to_owned()
}

/// What is answered to an order for a call, given with this key.
async fn order(server: &Running, path: &str, key: &str) -> u16 {
    let order = client().post(server.url(path)).bearer_auth(key);
    let order = order.header("content-type", "application/sdp").body("v=0");
    order.send().await.unwrap().status().as_u16()
}

fn not_found() -> (u16, String) {
    (404, "not_found".to_owned())
}

#[tokio::test]
async fn a_client_secret_reaches_the_sessions_that_it_began_and_no_others() {
    let server = serve(&[("PRAXILOOM_ACCESS_TOKEN", TOKEN)]).await;
    let (mine, theirs) = (
        key(&server, &json!({})).await,
        key(&server, &json!({})).await,
    );
    let (my_bearer, their_bearer) = (format!("Bearer {mine}"), format!("Bearer {theirs}"));
    let mut socket = Socket::with(&url(&server), &[("authorization", &my_bearer)])
        .await
        .unwrap();
    let id = socket.id();
    let resume = resume_url(&server.url(""), &id);
    let hang_up = format!("/v1/realtime/calls/{id}/hangup");
    let stranger = refused_at(&resume, &[("authorization", &their_bearer)]).await;
    assert_eq!(stranger, not_found());
    assert_eq!(order(&server, &hang_up, &theirs).await, 404);
    socket.is_well().await;
    drop(socket);
    ended(&server, &id).await;
    let stranger = refused_at(&resume, &[("authorization", &their_bearer)]).await;
    assert_eq!(stranger, not_found());
    assert_eq!(order(&server, &hang_up, &theirs).await, 404);
    let row = ended(&server, &id).await;
    assert_eq!(row.end_reason.as_deref(), Some("lost"), "nobody hung it up");
    // Its own goes on with it, and so does the server's key.
    for bearer in [my_bearer.as_str(), BEARER] {
        let socket = Socket::with(&resume, &[("authorization", bearer)]).await;
        assert_eq!(socket.unwrap().id(), id);
        ended(&server, &id).await;
    }
    assert_eq!(order(&server, &hang_up, &mine).await, 200);

    let call = Call::with_key(&server.url(""), "", Some(&mine)).await;
    let path = format!("/v1/realtime/calls/{}", call.id());
    assert_eq!(order(&server, &path, &theirs).await, 404);
    assert_eq!(
        order(&server, &path, &mine).await,
        400,
        "that is no offer, but heard"
    );
    // A conversation outlasts the secret that began it: what concerns it alone is still done.
    server.clock.advance(Duration::from_secs(601));
    call.restart().await;
    let expired = (401, "expired_client_secret".to_owned());
    let late = resume_url(&server.url(""), &call.id());
    assert_eq!(
        refused_at(&late, &[("authorization", &my_bearer)]).await,
        expired
    );
    assert_eq!(
        refused(&server, &[("authorization", &my_bearer)]).await,
        expired
    );
    let hang_up = format!("{path}/hangup");
    assert_eq!(order(&server, &hang_up, &theirs).await, 401);
    assert_eq!(order(&server, &hang_up, &mine).await, 200);
    let row = ended(&server, &call.id()).await;
    assert_eq!(row.end_reason.as_deref(), Some("hung_up"));
}

#[tokio::test]
async fn a_client_secret_may_be_issued_for_one_session() {
    let server = serve(&[("PRAXILOOM_ACCESS_TOKEN", TOKEN)]).await;
    let begin = async || {
        Socket::with(&url(&server), &[("authorization", BEARER)])
            .await
            .unwrap()
    };
    let (one, mut other) = (begin().await, begin().await);
    let id = one.id();
    drop(one);
    ended(&server, &id).await;
    // As a page asks that was loaded anew.
    let mine = key(
        &server,
        &json!({"session": {"type": "realtime"}, "praxiloom": {"resume": id}}),
    )
    .await;
    let bearer = format!("Bearer {mine}");
    let call = Call::with_key(&server.url(""), &format!("?resume={id}"), Some(&mine)).await;
    assert_eq!(call.id(), id);
    call.restart().await;
    // It begins no other, and reaches no other.
    let (status, code) = refused(&server, &[("authorization", &bearer)]).await;
    assert_eq!((status, code.as_str()), (403, "forbidden"));
    let elsewhere = resume_url(&server.url(""), &other.id());
    assert_eq!(
        refused_at(&elsewhere, &[("authorization", &bearer)]).await,
        not_found()
    );
    let hang_up = |id: &str| format!("/v1/realtime/calls/{id}/hangup");
    assert_eq!(order(&server, &hang_up(&other.id()), &mine).await, 404);
    other.is_well().await;
    assert_eq!(order(&server, &hang_up(&id), &mine).await, 200);
    let row = ended(&server, &id).await;
    assert_eq!(row.end_reason.as_deref(), Some("hung_up"));
    // What is not there it does not find.
    let none = key(&server, &json!({"praxiloom": {"resume": "sess_none"}})).await;
    let none = format!("Bearer {none}");
    let nowhere = resume_url(&server.url(""), "sess_none");
    assert_eq!(
        refused_at(&nowhere, &[("authorization", &none)]).await,
        not_found()
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
