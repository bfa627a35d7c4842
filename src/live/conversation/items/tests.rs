//! Items at hand and items packed behave alike.

use std::sync::Arc;

use media::Position;
use proptest::prelude::*;
use proptest::sample::Index;
use signaling::event::{Content, Item, ItemKind, ItemStatus, Role};

use super::words::{remembered, role};
use super::{Change, Items};
use crate::archive::event::Outcome;
use crate::archive::event::REMEMBERED;
use crate::live::conversation::Memory;
use crate::live::conversation::input::Generation;
use crate::live::conversation::speech::Speech;

/// What is done to the items.
#[derive(Clone, Debug)]
enum Step {
    Push(u8),
    /// One that fills a page, or is more than one takes.
    Heavy(u8, bool),
    /// It was spoken, and cut off if `true`.
    Spoken(Index, bool),
    Truncate(Index),
    Insert(u8, Option<Index>),
    Remove(Index),
    Understood(Index),
    Said(Index),
    Replace(Index),
    Silence(Index),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        24 => any::<u8>().prop_map(Step::Push),
        1 => (any::<u8>(), any::<bool>()).prop_map(|(kind, more)| Step::Heavy(kind, more)),
        2 => (any::<Index>(), any::<bool>()).prop_map(|(at, cut)| Step::Spoken(at, cut)),
        1 => any::<Index>().prop_map(Step::Truncate),
        1 => (any::<u8>(), any::<Option<Index>>()).prop_map(|(kind, at)| Step::Insert(kind, at)),
        1 => any::<Index>().prop_map(Step::Remove),
        1 => any::<Index>().prop_map(Step::Understood),
        1 => any::<Index>().prop_map(Step::Said),
        1 => any::<Index>().prop_map(Step::Replace),
        1 => any::<Index>().prop_map(Step::Silence),
    ]
}

fn item(number: usize, kind: u8) -> Item {
    saying(
        format!("What is it that number {number} has to say?"),
        number,
        kind,
    )
}

fn saying(text: String, number: usize, kind: u8) -> Item {
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

/// An item, and what is known of it.
struct Row {
    item: Item,
    cut: bool,
    said: Option<(Position, Position)>,
    silences: usize,
}

/// Items without any art.
#[derive(Default)]
struct Plain {
    rows: Vec<Row>,
    /// Those of which it is remembered how they sound, the last first.
    spoken: Vec<(String, Generation)>,
}

impl Row {
    fn new(item: Item) -> Self {
        Self {
            item,
            cut: false,
            said: None,
            silences: 0,
        }
    }
}

impl Plain {
    fn at(&self, index: &Index) -> Option<usize> {
        (!self.rows.is_empty()).then(|| index.index(self.rows.len()))
    }

    fn memory(&self) -> Vec<Memory> {
        let of = |row: &Row| {
            let silences = std::iter::repeat_n(Memory::Silence(Outcome::Held), row.silences);
            remembered(&row.item, row.cut).into_iter().chain(silences)
        };
        self.rows.iter().flat_map(of).collect()
    }

    /// The last message of this role.
    fn last_of(&self, wanted: Role) -> Option<&Item> {
        let mut items = self.rows.iter().map(|row| &row.item);
        items.rfind(|item| role(item) == Some(wanted))
    }

    fn owes_answer(&self) -> bool {
        let mut rows = self.rows.iter();
        let last = rows.rfind(|row| {
            role(&row.item) != Some(Role::Assistant) || remembered(&row.item, false).is_some()
        });
        last.is_some_and(|row| matches!(remembered(&row.item, false), Some(Memory::Coach(_))))
    }

    /// One was cut: `heard` is left of it.
    fn cut(&mut self, at: usize, heard: &str) {
        let row = &mut self.rows[at];
        row.cut = true;
        row.item.status = ItemStatus::Incomplete;
        if let ItemKind::Message { content, .. } = &mut row.item.kind {
            for part in content {
                if let Content::OutputAudio { transcript, .. } = part {
                    *transcript = Some(heard.to_owned());
                }
            }
        }
    }
}

/// A second of speech, all of it sent.
fn speech() -> Speech {
    let mut speech = Speech::default();
    speech.push(1, "Nothing at all.".to_owned());
    speech.produced(1, 24_000);
    speech.sent(1, 24_000);
    speech.complete(1);
    speech
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
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn packed_items_are_what_they_were(
        restored in prop::collection::vec(any::<u8>(), 0..100),
        steps in prop::collection::vec(step(), 1..250),
    ) {
        let (mut items, mut plain) = (Items::default(), Plain::default());
        let count = restored.len();
        for (number, kind) in restored.into_iter().enumerate() {
            items.restore(Arc::new(item(number, kind)));
            plain.rows.push(Row::new(item(number, kind)));
        }
        for (number, step) in (count..).zip(steps) {
            match step {
                Step::Push(kind) => {
                    items.push(Arc::new(item(number, kind)));
                    plain.rows.push(Row::new(item(number, kind)));
                }
                Step::Heavy(kind, more) => {
                    let text = "Much. ".repeat(if more { 12_000 } else { 9_000 });
                    let item = saying(text, number, kind);
                    items.push(Arc::new(item.clone()));
                    plain.rows.push(Row::new(item));
                }
                Step::Spoken(at, cut) => {
                    let Some(at) = plain.at(&at) else { continue };
                    let (id, generation) = (plain.rows[at].item.id.clone(), Generation(number as u64));
                    plain.spoken.retain(|(spoken, _)| *spoken != id);
                    plain.spoken.insert(0, (id.clone(), generation));
                    let forgotten = plain.spoken.get(REMEMBERED).map(|(_, generation)| *generation);
                    plain.spoken.truncate(REMEMBERED);
                    let heard = cut.then_some(12_000);
                    prop_assert_eq!(items.spoken(&id, generation, speech(), heard), forgotten);
                    if let Some(samples) = heard {
                        plain.cut(at, &speech().heard(samples));
                    }
                }
                Step::Truncate(at) => {
                    let Some(at) = plain.at(&at) else { continue };
                    let id = plain.rows[at].item.id.clone();
                    let remembered = plain.spoken.iter().any(|(spoken, _)| *spoken == id);
                    prop_assert_eq!(items.truncate(&id, 90_000), remembered);
                    if remembered {
                        plain.cut(at, "Nothing at all.");
                    }
                }
                Step::Insert(kind, after) => {
                    let after = after.and_then(|after| plain.at(&after));
                    let id = after.map(|at| plain.rows[at].item.id.clone());
                    prop_assert!(items.insert(Arc::new(item(number, kind)), id.as_deref()));
                    let at = after.map_or(0, |at| at + 1);
                    plain.rows.insert(at, Row::new(item(number, kind)));
                }
                Step::Remove(at) => {
                    let Some(at) = plain.at(&at) else { continue };
                    let Row { item, .. } = plain.rows.remove(at);
                    plain.spoken.retain(|(spoken, _)| *spoken != item.id);
                    prop_assert!(items.remove(&item.id));
                }
                Step::Understood(at) => {
                    let Some(at) = plain.at(&at) else { continue };
                    let old = &mut plain.rows[at].item;
                    let can = texts(old);
                    prop_assert_eq!(items.understood(&old.id, "So."), can);
                    *old = Item::clone(&items.get(&old.id).unwrap());
                }
                Step::Said(at) => {
                    let Some(at) = plain.at(&at) else { continue };
                    let row = &mut plain.rows[at];
                    let (from, to) = (Position::from_ms(number as u64), Position::new(7));
                    row.said = Some((from, to));
                    items.said(&row.item.id, from, to);
                }
                Step::Replace(at) => {
                    let Some(at) = plain.at(&at) else { continue };
                    let item = &mut plain.rows[at].item;
                    item.status = ItemStatus::Incomplete;
                    items.replace(Arc::new(item.clone()));
                }
                Step::Silence(at) => {
                    let Some(at) = plain.at(&at) else { continue };
                    let row = &mut plain.rows[at];
                    if items.silence(&row.item.id, Outcome::Held) {
                        row.silences += 1;
                    }
                }
            }
            prop_assert_eq!(items.len(), plain.rows.len());
            prop_assert_eq!(items.last(), plain.rows.last().map(|row| row.item.id.clone()));
            prop_assert_eq!(items.has_answer(), plain.last_of(Role::Assistant).is_some());
            let coach = plain.last_of(Role::User);
            prop_assert_eq!(items.last_of_coach(), coach.map(|item| item.id.clone()));
            prop_assert_eq!(items.owes_answer(), plain.owes_answer());
            let spoken = items.spoken_last().map(|(id, generation)| (id.to_owned(), generation));
            prop_assert!(spoken.eq(plain.spoken.iter().cloned()));
        }
        prop_assert_eq!(items.memory(), plain.memory());
        let bytes = plain.rows.iter().map(|row| super::content_bytes(&row.item.kind));
        prop_assert_eq!(items.bytes(), bytes.sum::<usize>());
        let mut before = None;
        for (number, Row { item, said, .. }) in plain.rows.iter().enumerate() {
            prop_assert_eq!(&*items.get(&item.id).unwrap(), item);
            // Each of these opens all pages.
            if number % 16 == 0 {
                prop_assert_eq!(items.before(&item.id), before);
            }
            prop_assert_eq!(items.span(&item.id), *said);
            before = Some(item.id.clone());
        }
        prop_assert!(!items.has("item_x") && items.before("item_x").is_none());
        prop_assert!(!items.remove("item_x"));
    }
}

/// How much memory an item takes that is packed, together with its page.
fn each(items: &Items) -> usize {
    let packed: usize = items.pages.iter().map(super::Page::size).sum();
    packed / (items.len() - items.entries.len())
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
    let each = each(&items);
    assert!(each < 30, "{each} bytes for an item");
    let Change::Put(first) = &items.changes()[0] else {
        panic!("nothing was told")
    };
    assert!(items.text(first).unwrap().ends_with("number 0 has to say?"));
}

#[test]
fn heavy_items_and_spoken_ones_keep_no_others_from_being_packed() {
    let mut items = Items::default();
    let fill = |items: &mut Items, count: usize, heavy: bool| {
        for _ in 0..count {
            let number = items.len();
            let text = "So. ".repeat(if heavy { 20_000 } else { 10 });
            items.push(Arc::new(saying(text, number, 37)));
        }
    };
    fill(&mut items, 40, false);
    for number in 0..REMEMBERED {
        let id = format!("item_{number}");
        items.spoken(&id, Generation(number as u64), speech(), None);
    }
    fill(&mut items, 40, true);
    let heavy = items.bytes();
    fill(&mut items, 1000, false);
    assert!(items.entries.len() <= 2 * super::page::ITEMS);
    let packed: usize = items.pages.iter().map(super::Page::size).sum();
    assert!(
        packed < heavy + 40_000,
        "{packed} with {heavy} that are heavy"
    );
    assert!(items.truncate("item_0", 12_000));
    assert!(!items.truncate("item_8", 12_000));
}
