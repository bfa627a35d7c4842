//! Items at hand and items packed behave alike.

use std::sync::Arc;

use media::Position;
use proptest::prelude::*;
use proptest::sample::Index;
use signaling::event::{Content, Item, ItemKind, ItemStatus, Role};

use super::words::remembered;
use super::{Change, Items};
use crate::archive::event::Outcome;
use crate::live::conversation::Memory;

/// What is done to the items.
#[derive(Clone, Debug)]
enum Step {
    Push(u8),
    Insert(u8, Option<Index>),
    Remove(Index),
    Understood(Index),
    Said(Index),
    Replace(Index),
    Silence(Index),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => any::<u8>().prop_map(Step::Push),
        1 => (any::<u8>(), any::<Option<Index>>()).prop_map(|(kind, at)| Step::Insert(kind, at)),
        1 => any::<Index>().prop_map(Step::Remove),
        1 => any::<Index>().prop_map(Step::Understood),
        1 => any::<Index>().prop_map(Step::Said),
        1 => any::<Index>().prop_map(Step::Replace),
        1 => any::<Index>().prop_map(Step::Silence),
    ]
}

fn item(number: usize, kind: u8) -> Item {
    let text = format!("What is it that number {number} has to say?");
    let part = match kind % 8 {
        0 | 1 => Content::InputAudio {
            audio: (kind > 250).then(|| vec![kind; 9].into()),
            transcript: (kind > 16).then_some(text),
        },
        2 => Content::InputText { text },
        3 => Content::OutputText { text },
        4 => Content::InputImage {
            image_url: "data:,x".to_owned(),
            detail: None,
        },
        _ => Content::OutputAudio {
            audio: None,
            transcript: (kind > 16).then_some(text),
        },
    };
    let role = match kind % 8 {
        0 | 1 | 4 => Role::User,
        2 => Role::System,
        _ => Role::Assistant,
    };
    let kind = match kind {
        240..=245 => ItemKind::FunctionCall {
            name: "look".to_owned(),
            call_id: format!("call_{number}"),
            arguments: "{}".to_owned(),
        },
        _ => ItemKind::Message {
            role,
            content: vec![part; usize::from(kind / 100).max(1)],
        },
    };
    let (id, status) = (format!("item_{number}"), ItemStatus::Completed);
    Item { id, status, kind }
}

/// An item, where it was said, and how many silences it had.
type Row = (Item, Option<(Position, Position)>, usize);

/// Items without any art.
#[derive(Default)]
struct Plain(Vec<Row>);

impl Plain {
    fn at(&self, index: &Index) -> Option<usize> {
        (!self.0.is_empty()).then(|| index.index(self.0.len()))
    }

    fn memory(&self) -> Vec<Memory> {
        let of = |(item, _, silences): &Row| {
            let silences = std::iter::repeat_n(Memory::Silence(Outcome::Held), *silences);
            remembered(item, false).into_iter().chain(silences)
        };
        self.0.iter().flat_map(of).collect()
    }
}

fn texts(item: &Item) -> bool {
    let ItemKind::Message { role, content } = &item.kind else {
        return false;
    };
    let written =
        |part: &Content| matches!(part, Content::InputAudio { .. } | Content::InputText { .. });
    *role == Role::User && content.iter().any(written)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn packed_items_are_what_they_were(steps in prop::collection::vec(step(), 1..300)) {
        let (mut items, mut plain) = (Items::default(), Plain::default());
        for (number, step) in steps.into_iter().enumerate() {
            match step {
                Step::Push(kind) => {
                    items.push(Arc::new(item(number, kind)));
                    plain.0.push((item(number, kind), None, 0));
                }
                Step::Insert(kind, after) => {
                    let after = after.and_then(|after| plain.at(&after));
                    let id = after.map(|at| plain.0[at].0.id.clone());
                    prop_assert!(items.insert(Arc::new(item(number, kind)), id.as_deref()));
                    let at = after.map_or(0, |at| at + 1);
                    plain.0.insert(at, (item(number, kind), None, 0));
                }
                Step::Remove(at) => {
                    let Some(at) = plain.at(&at) else { continue };
                    prop_assert!(items.remove(&plain.0.remove(at).0.id));
                }
                Step::Understood(at) => {
                    let Some(at) = plain.at(&at) else { continue };
                    let old = &mut plain.0[at].0;
                    let can = texts(old);
                    prop_assert_eq!(items.understood(&old.id, "So."), can);
                    *old = Item::clone(&items.get(&old.id).unwrap());
                }
                Step::Said(at) => {
                    let Some(at) = plain.at(&at) else { continue };
                    let span = (Position::from_ms(number as u64), Position::new(7));
                    plain.0[at].1 = Some(span);
                    items.said(&plain.0[at].0.id, span.0, span.1);
                }
                Step::Replace(at) => {
                    let Some(at) = plain.at(&at) else { continue };
                    plain.0[at].0.status = ItemStatus::Incomplete;
                    items.replace(Arc::new(plain.0[at].0.clone()));
                }
                Step::Silence(at) => {
                    let Some(at) = plain.at(&at) else { continue };
                    if items.silence(&plain.0[at].0.id, Outcome::Held) {
                        plain.0[at].2 += 1;
                    }
                }
            }
            prop_assert_eq!(items.len(), plain.0.len());
            prop_assert_eq!(items.last(), plain.0.last().map(|(item, ..)| item.id.clone()));
        }
        prop_assert_eq!(items.memory(), plain.memory());
        let bytes: usize = plain.0.iter().map(|(item, ..)| super::content_bytes(&item.kind)).sum();
        prop_assert_eq!(items.bytes(), bytes);
        let mut before = None;
        for (item, span, _) in &plain.0 {
            prop_assert_eq!(&*items.get(&item.id).unwrap(), item);
            prop_assert_eq!(items.before(&item.id), before);
            prop_assert_eq!(items.span(&item.id), *span);
            before = Some(item.id.clone());
        }
        prop_assert!(!items.has("item_x") && items.before("item_x").is_none());
        prop_assert!(!items.remove("item_x"));
    }
}

#[test]
fn what_lies_further_back_is_a_tenth_of_the_size() {
    let mut items = Items::default();
    for number in 0..1000 {
        items.push(Arc::new(item(
            number,
            if number % 2 == 0 { 32 } else { 37 },
        )));
    }
    assert!(items.entries.len() < 2 * super::page::ITEMS);
    let packed: usize = items.pages.iter().map(super::Page::size).sum();
    let each = packed / (items.len() - items.entries.len());
    assert!(each < 30, "{each} bytes for an item");
    let Change::Put(first) = &items.changes()[0] else {
        panic!("nothing was told")
    };
    assert!(items.text(first).unwrap().ends_with("number 0 has to say?"));
}
