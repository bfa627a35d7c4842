//! What a model is sent is on record: how much, to whom, and in which session.

use std::sync::Arc;

use futures::future::BoxFuture;
use praxiloom::archive::disclosures;
use praxiloom::disclosure::{Data, Purpose};
use praxiloom::providers::llm::standin::Standin;
use praxiloom::providers::llm::{LanguageModel, Prompt, Tokens};
use praxiloom::providers::{EngineInfo, ProviderError};
use serde_json::json;

use crate::session::Page;

const VENDOR: &str = "Vendor (vendor.example)";

/// A model that is elsewhere.
struct Elsewhere(Standin);

impl LanguageModel for Elsewhere {
    fn info(&self) -> EngineInfo {
        EngineInfo {
            processor: Some(VENDOR.to_owned()),
            ..self.0.info()
        }
    }

    fn respond(&self, prompt: Prompt) -> BoxFuture<'_, Result<Tokens, ProviderError>> {
        let characters = prompt.characters();
        let data = Data::Words { characters };
        let witness = prompt.witness.clone();
        witness.tell(Some(VENDOR), "elsewhere", data, Purpose::Answering);
        self.0.respond(prompt)
    }
}

#[tokio::test]
async fn every_question_is_on_record() {
    let session = json!({"prompt": {"id": "maya-promotion"}});
    let model = Arc::new(Elsewhere(Standin::default()));
    let mut page = Page::open_model(model, session).await;
    page.asks("What brings you here today?").await;
    page.asks("Tell me more.").await;
    let app = page.server.app.clone();
    let id = page.id.clone();
    app.archive.settled().await;
    let rows = disclosures::of_session(app.db.of(&app.account), &id);
    let rows = rows.await.unwrap();
    assert_eq!(rows.len(), 2, "{rows:?}");
    for row in &rows {
        assert_eq!(
            (row.processor.as_str(), row.engine.as_str()),
            (VENDOR, "elsewhere")
        );
        assert_eq!(
            (row.data.as_str(), row.purpose.as_str()),
            ("words", "answering")
        );
        // Who the client is comes along.
        assert!(row.amount > 500, "{row:?}");
    }
}
