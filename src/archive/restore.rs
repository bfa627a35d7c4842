//! A conversation as its log leaves it: what a session that is resumed goes on from.

use std::collections::{HashMap, HashSet};

use signaling::event::{Content, Item, ItemKind, ItemStatus, Role, Session};

use super::event::{Event, Outcome, REMEMBERED, Said, Sent, Silence, Speaker};

/// The state of a conversation, entry by entry.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Restored {
    /// The configuration in force; `None` before the first.
    pub session: Option<Box<Session>>,
    /// The AI client that it makes.
    pub client_id: Option<String>,
    /// What was said and typed, in order.
    pub items: Vec<Item>,
    /// What became of the client's silences, by item, in order.
    pub silences: Vec<(String, Outcome)>,
    /// How the last spoken answers sound, in order.
    pub sent: Vec<Sent>,
    /// When the last of it was recorded.
    pub latest_ms: u64,
    /// What was said last in the connection that is read, by item.
    said: Vec<Said>,
    /// Items that were heard only after their connection was cut off, in order, until it shows that the
    /// conversation went on with them.
    afterwards: Vec<Item>,
    /// Whether what is read was heard so.
    is_afterwards: bool,
}

impl Restored {
    /// The next entry of the log.
    pub(super) fn apply(&mut self, event: Event) {
        match event {
            Event::Configured { session, client_id } => {
                self.session = Some(session);
                self.client_id = client_id;
            }
            Event::Item { item, after } if self.is_afterwards => self.put_afterwards(item, after),
            Event::Item { item, after } => {
                self.go_on([Some(item.id.as_str()), after.as_deref()]);
                self.put(item, after.as_deref());
            }
            Event::ItemRemoved { item_id } => {
                self.go_on([Some(item_id.as_str()), None]);
                self.items.retain(|item| item.id != item_id);
                self.said.retain(|said| said.item_id != item_id);
                self.sent.retain(|sent| sent.item_id != item_id);
            }
            Event::Said(said) => {
                let before = |other: &Said| other.item_id == said.item_id;
                if let Some(at) = self.said.iter().rposition(before) {
                    self.said.remove(at);
                }
                self.said.push(said);
            }
            Event::Sent(sent) => self.sent.push(sent),
            Event::Silence(Silence {
                item_id, outcome, ..
            }) => self.silences.push((item_id, outcome)),
            // Another connection goes on with what there is.
            Event::Connected { .. } => {
                self.settle();
                self.is_afterwards = false;
            }
            Event::HeardAfterwards { .. } => self.is_afterwards = true,
            _ => {}
        }
    }

    /// An item that was heard afterwards, or what became of one that was known.
    fn put_afterwards(&mut self, item: Item, after: Option<String>) {
        if self.items.iter().any(|known| known.id == item.id) {
            self.put(item, after.as_deref());
        } else if let Some(known) = self.afterwards.iter_mut().find(|one| one.id == item.id) {
            *known = item;
        } else {
            self.afterwards.push(item);
        }
    }

    /// The conversation goes on, at these items: with what was heard afterwards, if that is named. If it
    /// went on before that was heard, none of it ever is.
    fn go_on(&mut self, named: [Option<&str>; 2]) {
        if self.afterwards.is_empty() {
            return;
        }
        let heard = std::mem::take(&mut self.afterwards);
        let is_named = |item: &Item| named.contains(&Some(item.id.as_str()));
        if heard.iter().any(is_named) {
            self.items.extend(heard);
        } else if named[0].is_some_and(|id| self.items.iter().any(|item| item.id == id)) {
            // That something became of an item from before says nothing.
            self.afterwards = heard;
        }
    }

    fn put(&mut self, item: Item, after: Option<&str>) {
        // From the end: nearly everything concerns what came last, and there may be thousands.
        let place = |id: &str| self.items.iter().rposition(|item| item.id == id);
        if let Some(index) = place(&item.id) {
            self.items[index] = item;
            return;
        }
        let index = match after {
            None => 0,
            // What it followed may have been deleted since.
            Some(before) => place(before).map_or(self.items.len(), |index| index + 1),
        };
        self.items.insert(index, item);
    }

    /// What there is at the end of the log.
    pub(super) fn settled(mut self) -> Self {
        self.settle();
        self.items.append(&mut self.afterwards);
        let earlier = self.sent.len().saturating_sub(REMEMBERED);
        self.sent.drain(..earlier);
        self
    }

    /// Settles what a killed process left in the air: an answer that was being spoken ends with
    /// what was heard of it, one that had not begun to sound never was; and what the coach said
    /// last counts as far as it was understood.
    fn settle(&mut self) {
        let said = std::mem::take(&mut self.said);
        let texts: HashMap<&str, &str> = said
            .iter()
            .map(|said| (said.item_id.as_str(), said.text.as_str()))
            .collect();
        let text_of = |id: &str| texts.get(id).copied().map(str::to_owned);
        for items in [&mut self.items, &mut self.afterwards] {
            items.retain_mut(|item| settle_item(item, text_of(&item.id)));
        }
        let all = self.items.iter().chain(&self.afterwards);
        let known: HashSet<String> = all.map(|item| item.id.clone()).collect();
        for said in said {
            let known = known.contains(&said.item_id);
            if known && !self.sent.iter().any(|sent| sent.item_id == said.item_id) {
                self.sent.extend(Sent::heard(&said));
            }
            if said.speaker == Speaker::Coach && !known && !said.text.is_empty() {
                let content = vec![Content::InputAudio {
                    audio: None,
                    transcript: Some(said.text),
                }];
                let role = Role::User;
                self.items.push(Item {
                    id: said.item_id,
                    status: ItemStatus::Completed,
                    kind: ItemKind::Message { role, content },
                });
            }
        }
    }
}

/// Settles one item, of which `said` was said. Whether it stays.
fn settle_item(item: &mut Item, said: Option<String>) -> bool {
    let open = item.status == ItemStatus::InProgress;
    if open {
        item.status = ItemStatus::Incomplete;
    }
    match &mut item.kind {
        ItemKind::Message {
            role: Role::Assistant,
            content,
        } if open => {
            let heard = said.filter(|text| !text.is_empty());
            if let Some(text) = &heard
                && content.is_empty()
            {
                content.push(Content::OutputAudio {
                    audio: None,
                    transcript: Some(text.clone()),
                });
            }
            for part in content.iter_mut() {
                if let Content::OutputAudio { transcript, .. } = part {
                    transcript.clone_from(&heard);
                }
            }
            content.iter().any(|part| match part {
                Content::OutputAudio { transcript, .. } => transcript.is_some(),
                _ => true,
            })
        }
        ItemKind::Message {
            role: Role::User,
            content,
        } => {
            for part in content.iter_mut() {
                if let Content::InputAudio { transcript, .. } = part
                    && transcript.is_none()
                {
                    transcript.clone_from(&said);
                }
            }
            true
        }
        ItemKind::Message { .. } => true,
        ItemKind::FunctionCall { .. } | ItemKind::FunctionCallOutput { .. } => !open,
    }
}

#[cfg(test)]
mod tests {
    use super::super::event::{Placed, TimedWord};
    use super::*;

    fn said(id: &str, speaker: Speaker, text: &str) -> Event {
        Event::Said(Said {
            item_id: id.to_owned(),
            speaker,
            from_ms: 0,
            to_ms: 1,
            text: text.to_owned(),
            words: Vec::new(),
            cut: true,
            typed: false,
            afterwards: false,
        })
    }

    fn put(id: &str, role: Role, after: Option<&str>) -> Event {
        let (status, content) = match role {
            Role::Assistant => (ItemStatus::InProgress, Vec::new()),
            _ => {
                let (audio, transcript) = (None, None);
                let part = Content::InputAudio { audio, transcript };
                (ItemStatus::Completed, vec![part])
            }
        };
        Event::Item {
            item: Item {
                id: id.to_owned(),
                status,
                kind: ItemKind::Message { role, content },
            },
            after: after.map(str::to_owned),
        }
    }

    fn connected() -> Event {
        Event::Connected {
            part: 2,
            transport: "websocket".to_owned(),
            engines: serde_json::Value::Null,
            wall: 0,
        }
    }

    fn texts(events: Vec<Event>) -> Vec<(String, String)> {
        let mut restored = Restored::default();
        for event in events {
            restored.apply(event);
        }
        let text = |item: &Item| match &item.kind {
            ItemKind::Message { content, .. } => match &content[..] {
                [
                    Content::InputAudio { transcript, .. }
                    | Content::OutputAudio { transcript, .. },
                ] => transcript.clone().unwrap_or_default(),
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        };
        let items = restored.settled().items;
        assert!(
            items
                .iter()
                .all(|item| item.status != ItemStatus::InProgress)
        );
        items
            .iter()
            .map(|item| (item.id.clone(), text(item)))
            .collect()
    }

    fn pair(id: &str, text: &str) -> (String, String) {
        (id.to_owned(), text.to_owned())
    }

    #[test]
    fn what_a_killed_process_left_in_the_air_is_settled_where_it_stood() {
        let events = vec![
            put("a", Role::User, None),
            said("a", Speaker::Coach, "What else?"),
            put("b", Role::Assistant, Some("a")),
            said("b", Speaker::Client, "It began"),
            said("c", Speaker::Coach, "And then"),
            said("noise", Speaker::Coach, "The"),
            said("noise", Speaker::Coach, ""),
            connected(),
            put("d", Role::User, Some("c")),
            said("d", Speaker::Coach, "Hello again."),
            put("e", Role::Assistant, Some("d")),
        ];
        let expected = [
            pair("a", "What else?"),
            pair("b", "It began"),
            pair("c", "And then"),
            pair("d", "Hello again."),
        ];
        assert_eq!(texts(events), expected);
    }

    #[test]
    fn how_the_last_answers_sound_is_known_of_a_killed_process_as_far_as_they_were_heard() {
        let sent = |id: &str| Sent {
            item_id: id.to_owned(),
            audio_ms: 900,
            words: Vec::new(),
            places: Vec::new(),
        };
        let mut events = Vec::new();
        for number in 0..REMEMBERED {
            let id = format!("item_{number}");
            events.push(put(&id, Role::Assistant, None));
            events.push(said(&id, Speaker::Client, "Well."));
            events.push(Event::Sent(sent(&id)));
        }
        events.push(put("open", Role::Assistant, None));
        for (text, at) in [("It", 2500), ("It began", 2900)] {
            let Event::Said(mut said) = said("open", Speaker::Client, text) else {
                panic!();
            };
            (said.from_ms, said.to_ms) = (2000, at);
            let word = |(index, text): (u64, &str)| TimedWord {
                text: text.to_owned(),
                from_ms: 2000 + index * 500,
                to_ms: 2400 + index * 500,
            };
            said.words = (0..).zip(text.split(' ')).map(word).collect();
            events.push(Event::Said(said));
        }
        // Beside the conversation, and deleted.
        events.push(said("aside", Speaker::Client, "Hm."));
        events.push(Event::ItemRemoved {
            item_id: "item_5".to_owned(),
        });
        let mut restored = Restored::default();
        for event in events {
            restored.apply(event);
        }
        let mut sounds = restored.settled().sent;
        let last = sounds.pop().unwrap();
        let kept = [0, 1, 2, 3, 4, 6, 7].map(|number| sent(&format!("item_{number}")));
        assert_eq!(sounds, kept);
        let (audio_ms, at_ms) = (0, 2000);
        assert_eq!((last.item_id.as_str(), last.audio_ms), ("open", 900));
        assert_eq!(last.places, [Placed { audio_ms, at_ms }]);
        let words = last.words.iter().map(|word| (word.from_ms, word.to_ms));
        assert_eq!(words.collect::<Vec<_>>(), [(0, 400), (500, 900)]);
    }

    fn afterwards() -> Event {
        Event::HeardAfterwards {
            from_ms: 0,
            to_ms: 1,
            recognised: true,
            wall: 0,
        }
    }

    #[test]
    fn what_was_heard_afterwards_is_the_coachs_turn_unless_it_came_too_late() {
        let cut = || {
            vec![
                put("a", Role::User, None),
                said("a", Speaker::Coach, "What else?"),
                put("b", Role::Assistant, Some("a")),
                said("b", Speaker::Client, "It began"),
                afterwards(),
                put("b", Role::Assistant, Some("a")),
                put("c", Role::User, Some("b")),
                said("c", Speaker::Coach, "And then?"),
            ]
        };
        let before = [pair("a", "What else?"), pair("b", "It began")];
        let heard = [&before[..], &[pair("c", "And then?")]].concat();
        assert_eq!(texts(cut()), heard);
        let gone_on = |after| {
            let more = vec![
                connected(),
                put("a", Role::User, None),
                said("a", Speaker::Coach, "What else?"),
                put("d", Role::User, Some(after)),
                said("d", Speaker::Coach, "Hello again."),
            ];
            texts(cut().into_iter().chain(more).collect())
        };
        let again = [pair("d", "Hello again.")];
        assert_eq!(gone_on("c"), [&heard[..], &again].concat());
        // The conversation had gone on before it was heard.
        assert_eq!(gone_on("b"), [&before[..], &again].concat());
        let removed = Event::ItemRemoved {
            item_id: "c".to_owned(),
        };
        let more = vec![connected(), removed];
        assert_eq!(texts(cut().into_iter().chain(more).collect()), before);
    }

    #[test]
    fn what_was_deleted_stays_so() {
        let events = vec![
            put("a", Role::User, None),
            said("a", Speaker::Coach, "What else?"),
            Event::ItemRemoved {
                item_id: "a".to_owned(),
            },
        ];
        assert_eq!(texts(events), []);
    }
}
