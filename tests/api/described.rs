//! The routes as the description has them.

use praxiloom::http::openapi;
use reqwest::Method;
use serde_json::Value;

/// One operation.
pub struct Operation {
    pub method: Method,
    pub path: String,
    /// What it says of itself.
    pub described: Value,
}

/// Every operation of the document.
pub fn operations() -> Vec<Operation> {
    let document: Value = serde_json::from_str(&openapi::document()).unwrap();
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, described) in item.as_object().unwrap() {
            operations.push(Operation {
                method: method.to_uppercase().parse().unwrap(),
                path: path.clone(),
                described: described.clone(),
            });
        }
    }
    assert!(operations.len() >= 19, "{}", operations.len());
    operations
}

impl Operation {
    /// `get /api/sessions/{id}`
    pub fn name(&self) -> String {
        format!("{} {}", self.method.as_str().to_lowercase(), self.path)
    }

    /// Its address for this session or call.
    pub fn at(&self, id: &str) -> String {
        self.path.replace("{id}", id)
    }

    /// Whether it asks for this kind of key.
    pub fn takes(&self, key: &str) -> bool {
        let needed = self.described["security"].as_array().unwrap();
        needed.iter().any(|one| one.get(key).is_some())
    }

    /// The statuses that it says it answers with.
    pub fn statuses(&self) -> Vec<u16> {
        let responses = self.described["responses"].as_object().unwrap();
        responses
            .keys()
            .map(|status| status.parse().unwrap())
            .collect()
    }
}
