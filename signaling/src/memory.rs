//! A link for tests: both ends in memory, over a network with seeded loss, jitter and delay.
//!
//! Time is an argument. The test holds a [`Peer`], the client's end, and moves it on with
//! [`Peer::advance`]; the same seed gives the same losses and arrivals every time.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::time::Duration;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

use crate::heard::Heard;
use crate::link::{Carrier, FromClient, Link, QUEUE, ToClient};

/// How good a network is. The default is perfect.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Network {
    /// Decides every loss and every arrival.
    pub seed: u64,
    /// 0 to 1: this part of the packets never arrives. Events, and sound inside events, always do.
    pub loss: f64,
    /// The time that everything takes.
    pub delay: Duration,
    /// At most this much time more, different for each; packets may overtake each other.
    pub jitter: Duration,
}

/// Makes a link and the client's end of it.
#[must_use]
pub fn pair(carrier: Carrier, network: Network) -> (Link, Peer) {
    let (to_session, incoming) = mpsc::channel(QUEUE);
    let (outgoing, from_session) = mpsc::channel(QUEUE);
    let link = Link {
        carrier,
        incoming,
        outgoing,
        heard: Heard::new(Duration::MAX),
    };
    let peer = Peer {
        carrier,
        to_session,
        from_session,
        up: Way::new(network, 0),
        down: Way::new(network, 1),
        arrived: VecDeque::new(),
        dropped: 0,
    };
    (link, peer)
}

/// The client's end of a link.
#[derive(Debug)]
pub struct Peer {
    carrier: Carrier,
    to_session: mpsc::Sender<FromClient>,
    from_session: mpsc::Receiver<ToClient>,
    up: Way<FromClient>,
    down: Way<ToClient>,
    arrived: VecDeque<(Duration, ToClient)>,
    dropped: u64,
}

impl Peer {
    /// Sends something at the time `now`. It arrives while time advances.
    pub fn send(&mut self, now: Duration, message: FromClient) {
        let fragile = matches!(message, FromClient::Packet(_));
        self.up.send(now, message, fragile);
    }

    /// Moves everything that is due at the time `now`, in both directions. What the session sent
    /// since the last time counts as sent now, so advance in steps as fine as matter.
    ///
    /// A packet that finds the session's queue full is lost, as on a real network; anything else
    /// waits for the next time.
    pub fn advance(&mut self, now: Duration) {
        while let Ok(message) = self.from_session.try_recv() {
            let fragile = self.carrier == Carrier::WebRtc && matches!(message, ToClient::Audio(_));
            self.down.send(now, message, fragile);
        }
        while let Some(arrival) = self.down.receive(now) {
            self.arrived.push_back(arrival);
        }
        while let Some((at, message)) = self.up.receive(now) {
            match self.to_session.try_send(message) {
                Ok(()) => {}
                Err(TrySendError::Full(FromClient::Packet(_)) | TrySendError::Closed(_)) => {
                    self.dropped += 1;
                }
                Err(TrySendError::Full(message)) => {
                    self.up.put_back(at, message);
                    break;
                }
            }
        }
    }

    /// The next message that has arrived, and when it did.
    pub fn receive(&mut self) -> Option<(Duration, ToClient)> {
        self.arrived.pop_front()
    }

    /// When the next thing that is under way arrives.
    #[must_use]
    pub fn next_arrival(&self) -> Option<Duration> {
        self.up.next().into_iter().chain(self.down.next()).min()
    }

    /// How many packets were lost so far: on the way in either direction, or at a full queue.
    #[must_use]
    pub const fn lost(&self) -> u64 {
        self.up.lost + self.down.lost + self.dropped
    }
}

/// One direction of a network.
#[derive(Debug)]
struct Way<T> {
    network: Network,
    random: ChaCha8Rng,
    under_way: BinaryHeap<Reverse<Moving<T>>>,
    sent: u64,
    lost: u64,
    /// When the last thing that keeps its order arrives.
    ordered: Duration,
}

#[derive(Debug)]
struct Moving<T> {
    at: Duration,
    number: u64,
    what: T,
}

impl<T> Way<T> {
    fn new(network: Network, stream: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(network.seed);
        random.set_stream(stream);
        Self {
            network,
            random,
            under_way: BinaryHeap::new(),
            sent: 0,
            lost: 0,
            ordered: Duration::ZERO,
        }
    }

    fn send(&mut self, now: Duration, what: T, fragile: bool) {
        // Both are drawn every time, so that a change of one does not shift the other.
        let is_lost = self.random.random_bool(self.network.loss.clamp(0.0, 1.0));
        let jitter = self.network.jitter.mul_f64(self.random.random());
        if fragile && is_lost {
            self.lost += 1;
            return;
        }
        let mut at = now + self.network.delay + jitter;
        if !fragile {
            at = at.max(self.ordered);
            self.ordered = at;
        }
        self.sent += 1;
        let number = self.sent;
        self.under_way.push(Reverse(Moving { at, number, what }));
    }

    fn receive(&mut self, now: Duration) -> Option<(Duration, T)> {
        if self.next()? > now {
            return None;
        }
        self.under_way
            .pop()
            .map(|Reverse(moving)| (moving.at, moving.what))
    }

    fn put_back(&mut self, at: Duration, what: T) {
        // Before everything else of its time.
        self.under_way.push(Reverse(Moving {
            at,
            number: 0,
            what,
        }));
    }

    fn next(&self) -> Option<Duration> {
        self.under_way.peek().map(|Reverse(moving)| moving.at)
    }
}

impl<T> PartialEq for Moving<T> {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.number) == (other.at, other.number)
    }
}

impl<T> Eq for Moving<T> {}

impl<T> PartialOrd for Moving<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Moving<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.number).cmp(&(other.at, other.number))
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::link::{CloseReason, Packet};

    const BAD: Network = Network {
        seed: 7,
        loss: 0.2,
        delay: Duration::from_millis(40),
        jitter: Duration::from_millis(50),
    };

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// The sequence numbers of a thousand packets as they arrive, and how many were lost.
    fn arrivals(network: Network) -> (Vec<u16>, u64) {
        let (mut link, mut peer) = pair(Carrier::WebRtc, network);
        let mut numbers = Vec::new();
        for sequence in 0..1000u16 {
            let now = ms(20) * u32::from(sequence);
            let packet = Packet {
                sequence,
                timestamp: u32::from(sequence) * 960,
                payload: Bytes::new(),
            };
            peer.send(now, FromClient::Packet(packet));
            peer.advance(now);
            while let Ok(FromClient::Packet(packet)) = link.incoming.try_recv() {
                numbers.push(packet.sequence);
            }
        }
        while let Some(now) = peer.next_arrival() {
            peer.advance(now);
            while let Ok(FromClient::Packet(packet)) = link.incoming.try_recv() {
                numbers.push(packet.sequence);
            }
        }
        (numbers, peer.lost())
    }

    #[test]
    fn a_perfect_network_delivers_everything_in_order() {
        let (numbers, lost) = arrivals(Network::default());
        assert_eq!(numbers, (0..1000).collect::<Vec<_>>());
        assert_eq!(lost, 0);
    }

    #[test]
    fn a_bad_network_loses_and_reorders_as_its_seed_says() {
        let (numbers, lost) = arrivals(BAD);
        assert!((150..250).contains(&lost), "{lost} of 1000 lost at 20 %");
        assert_eq!(numbers.len() as u64 + lost, 1000);
        assert!(
            !numbers.is_sorted(),
            "50 ms of jitter reorders packets 20 ms apart"
        );
        assert_eq!(arrivals(BAD).0, numbers);
        assert_ne!(arrivals(Network { seed: 8, ..BAD }).0, numbers);
    }

    #[test]
    fn events_arrive_late_but_all_and_in_order() {
        let (link, mut peer) = pair(Carrier::WebRtc, Network { loss: 1.0, ..BAD });
        for reason in [
            CloseReason::Policy,
            CloseReason::Internal,
            CloseReason::Ended,
        ] {
            link.outgoing.try_send(ToClient::Close(reason)).unwrap();
        }
        peer.advance(ms(0));
        assert!(peer.receive().is_none());
        peer.advance(ms(90));
        let mut reasons = Vec::new();
        while let Some((at, ToClient::Close(reason))) = peer.receive() {
            assert!((ms(40)..=ms(90)).contains(&at));
            reasons.push(reason);
        }
        assert_eq!(
            reasons,
            [
                CloseReason::Policy,
                CloseReason::Internal,
                CloseReason::Ended
            ]
        );
    }

    #[test]
    fn what_finds_the_queue_full_waits_unless_it_is_a_packet() {
        let (mut link, mut peer) = pair(Carrier::WebSocket, Network::default());
        for number in 0..=QUEUE {
            peer.send(ms(0), FromClient::Audio(Bytes::from(number.to_string())));
        }
        peer.advance(ms(0));
        let mut received = 0;
        for _ in 0..2 {
            while let Ok(FromClient::Audio(bytes)) = link.incoming.try_recv() {
                assert_eq!(bytes, received.to_string());
                received += 1;
            }
            peer.advance(ms(1));
        }
        assert_eq!(received, QUEUE + 1);
        assert_eq!(peer.lost(), 0);
    }
}
