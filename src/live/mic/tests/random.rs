//! Whatever comes, the timeline stays whole.

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Act {
    Pass(u16),
    Say { ms: u16, loud: bool },
    Flush,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        (0u16..3000).prop_map(Act::Pass),
        (1u16..1500, any::<bool>()).prop_map(|(ms, loud)| Act::Say { ms, loud }),
        Just(Act::Flush),
    ]
}

#[derive(Clone, Debug)]
struct Sent {
    wait: u16,
    ahead: u16,
    jump: i32,
    twice: bool,
    payload: Option<Vec<u8>>,
}

fn sent() -> impl Strategy<Value = Sent> {
    let wait = prop_oneof![8 => 0u16..40, 1 => 0u16..5000];
    let ahead = prop_oneof![8 => Just(1u16), 1 => any::<u16>()];
    let jump = prop_oneof![8 => Just(960i32), 1 => any::<i32>()];
    let payload = prop_oneof![8 => Just(None), 1 => any::<Vec<u8>>().prop_map(Some)];
    let twice = prop::bool::weighted(0.1);
    (wait, ahead, jump, twice, payload).prop_map(|(wait, ahead, jump, twice, payload)| Sent {
        wait,
        ahead,
        jump,
        twice,
        payload,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_bytes_come_the_timeline_is_whole(acts in prop::collection::vec(act(), 1..30)) {
        let speech = speech();
        let mut rig = Rig::bytes(AudioFormat::Pcm);
        for act in acts {
            let end = rig.mic.end();
            match act {
                Act::Pass(ms) => rig.pass(Duration::from_millis(ms.into())),
                Act::Say { ms, loud } => {
                    let count = usize::from(ms) * 24;
                    let samples: Vec<i16> = if loud {
                        speech.iter().copied().cycle().skip(8000).take(count).collect()
                    } else {
                        vec![3; count]
                    };
                    let length = Duration::from_millis(ms.into());
                    rig.chunk(&bytes_of(&samples), length);
                }
                Act::Flush => rig.mic.flush(&mut rig.out).unwrap(),
            }
            prop_assert!(rig.mic.end() >= end);
            rig.now = rig.now.max(rig.mic.end());
        }
        contiguous(&rig.out);
        let edges = edges(&rig.out);
        for (number, (started, _)) in edges.iter().enumerate() {
            prop_assert_eq!(*started, number % 2 == 0, "{:?}", edges);
        }
        prop_assert!(edges.windows(2).all(|two| two[0].1 <= two[1].1), "{:?}", edges);
    }

    #[test]
    fn whatever_packets_come_the_timeline_is_whole(all in prop::collection::vec(sent(), 1..80)) {
        let speech = speech();
        let mut rig = Rig::new(Mic::packets(Position::ZERO).unwrap());
        for (number, sent) in all.into_iter().enumerate() {
            rig.pass(Duration::from_millis(sent.wait.into()));
            let frame = &speech[8000 + number * SAMPLES..][..SAMPLES];
            let mut packet = rig.next_packet(frame);
            if let Some(payload) = sent.payload {
                packet.payload = payload.into();
            }
            rig.sequence = packet.sequence.wrapping_add(sent.ahead);
            rig.timestamp = packet.timestamp.wrapping_add_signed(sent.jump);
            let end = rig.mic.end();
            if sent.twice {
                rig.deliver(packet.clone());
            }
            rig.deliver(packet);
            prop_assert!(rig.mic.end() >= end);
        }
        rig.pass(Duration::from_secs(3));
        contiguous(&rig.out);
        let edges = edges(&rig.out);
        for (number, (started, _)) in edges.iter().enumerate() {
            prop_assert_eq!(*started, number % 2 == 0, "{:?}", edges);
        }
    }
}
