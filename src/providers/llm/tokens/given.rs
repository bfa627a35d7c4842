//! Events given to a vendor's answer, for its tests.

use std::collections::VecDeque;

use super::{Answer, Event, Token};

/// An event with this data.
pub fn event(data: impl ToString) -> Event {
    Event {
        data: data.to_string(),
        ..Event::default()
    }
}

/// An answer after these events, and the tokens in them.
pub fn taken<A: Answer>(events: impl IntoIterator<Item = impl ToString>) -> (A, VecDeque<Token>) {
    let (mut answer, mut tokens) = (A::default(), VecDeque::new());
    for data in events {
        answer.take(&event(data), &mut tokens).unwrap();
    }
    (answer, tokens)
}
