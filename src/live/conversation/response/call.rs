//! Function calls of an answer: the model calls, the client answers.

use std::sync::Arc;

use signaling::event::{Item, ItemKind, ItemStatus, ServerEvent};

use super::Answer;

/// A function call of an answer.
#[derive(Clone, Debug)]
pub struct Call {
    /// Its item.
    pub item_id: String,
    /// Names the call.
    pub call_id: String,
    /// The function.
    pub name: String,
    /// JSON text so far.
    pub arguments: String,
    /// Its place among the response's output.
    pub output_index: u32,
}

impl Call {
    pub(super) fn item(&self, status: ItemStatus) -> Arc<Item> {
        let (name, call_id) = (self.name.clone(), self.call_id.clone());
        let kind = ItemKind::FunctionCall {
            name,
            call_id,
            arguments: self.arguments.clone(),
        };
        Arc::new(Item {
            id: self.item_id.clone(),
            status,
            kind,
        })
    }
}

impl Answer {
    /// Tells of a function call's beginning. Returns its item.
    pub fn begin_call(
        &mut self,
        call: Call,
        previous: Option<String>,
        emit: &mut impl FnMut(ServerEvent),
    ) -> Arc<Item> {
        let item = call.item(ItemStatus::InProgress);
        emit(ServerEvent::OutputItemAdded {
            response_id: self.response.id.clone(),
            output_index: call.output_index,
            item: item.clone(),
        });
        if self.remembered {
            emit(ServerEvent::ItemAdded {
                previous_item_id: previous,
                item: item.clone(),
            });
        }
        self.calls.push(call);
        item
    }

    /// Adds to a function call's arguments. What the client is told of it.
    pub fn add_arguments(&mut self, call_id: &str, delta: String) -> Option<ServerEvent> {
        let mut calls = self.calls.iter_mut();
        let call = calls.find(|call| call.call_id == call_id)?;
        call.arguments.push_str(&delta);
        Some(ServerEvent::ArgumentsDelta {
            response_id: self.response.id.clone(),
            item_id: call.item_id.clone(),
            output_index: call.output_index,
            call_id: call.call_id.clone(),
            delta,
        })
    }
}
