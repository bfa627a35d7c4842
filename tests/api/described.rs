//! The routes as the description has them.

use std::collections::BTreeSet;

use praxiloom::http::openapi;
use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::Value;

/// Headers that are described wherever they are sent.
const HEADERS: [&str; 7] = [
    "accept-ranges",
    "content-range",
    "etag",
    "last-modified",
    "location",
    "retry-after",
    "www-authenticate",
];

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
            let mut described = described.clone();
            for response in described["responses"].as_object_mut().unwrap().values_mut() {
                let shared = response["$ref"].as_str();
                if let Some(shared) = shared.map(|at| document.pointer(&at[1..]).unwrap().clone()) {
                    *response = shared;
                }
            }
            operations.push(Operation {
                method: method.to_uppercase().parse().unwrap(),
                path: path.clone(),
                described,
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

    /// Holds the headers of an answer to what is said of them.
    pub fn hold(&self, status: u16, headers: &HeaderMap) {
        let described = &self.described["responses"][status.to_string()]["headers"];
        let described = described.as_object().into_iter().flatten();
        let described: BTreeSet<&str> = described.map(|(name, _)| name.as_str()).collect();
        let sent = HEADERS.into_iter();
        let sent: BTreeSet<&str> = sent.filter(|name| headers.contains_key(*name)).collect();
        assert_eq!(sent, described, "{} {status}", self.name());
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
