//! Acts, one by one: what people do with their telephones, and where the rest is done.

use std::time::Duration;

use duet_call::Wish;
use duet_signal::message::MediaKinds;
use rand::Rng;
use tokio::time::advance;

use super::World;
use crate::peer::scripted::HostId;
use crate::storms::plan::Act;
use crate::storms::record::{Origin, Record};
use crate::{Call, CallOptions, CallState, Error, Session};

impl World {
    /// One act of the plan, of people or of the weather.
    pub(in super::super) async fn perform(&self, act: Act) {
        match act {
            Act::Ring { host, to } => {
                self.place(host, |session, options| session.ring(to, options), Origin::Ring(to))
            }
            Act::Join { host, room } => {
                self.place(host, |session, options| session.join(room, options), Origin::Room(room));
            }
            Act::Accept { host, pick } => self.with_call(host, pick, |record, call| {
                record.accepted = true;
                call.accept(CallOptions::default());
            }),
            Act::Decline { host, pick } => self.with_call(host, pick, |_, call| call.decline()),
            Act::HangUp { host, pick } => self.with_call(host, pick, |_, call| call.hang_up()),
            Act::DropHandle { host, pick } => {
                let mut dropped = None;
                self.with_call(host, pick, |record, _| dropped = record.call.take());
            }
            Act::Talk { host, pick, wish } => self.with_call(host, pick, |_, call| {
                // A session that failed takes no wishes.
                let _ = match wish {
                    Wish::Hold => call.hold(),
                    Wish::Resume => call.resume(),
                    Wish::AskVideo => call.ask_video(),
                    Wish::AnswerVideo { accept } => call.answer_video(accept),
                    Wish::StopVideo => call.stop_video(),
                };
            }),
            Act::Toggle { host, pick, video, on } => self.with_call(host, pick, |_, call| {
                if video { call.local_video().set_enabled(on) } else { call.local_audio().set_enabled(on) }
            }),
            Act::Push { host } => self.push(host),
            Act::Device { host, news } => {
                if let Some(engine) = self.engine(host) {
                    let _ = engine.device_news(news);
                }
            }
            Act::Move { host, told, half_open } => self.move_host(host, told, half_open),
            Act::Path { a, b, back } => self.take_path(a, b, back),
            Act::Away { host, back } => {
                self.set_away(host, true);
                self.later(back, move |world| world.set_away(host, false));
            }
            Act::Cut { host } => self.0.net.cut(host),
            Act::Stall { host, back } => {
                self.0.net.stall(host);
                self.later(back, move |world| world.0.net.flow(host));
            }
            Act::Slow { host, delay } => self.0.net.set_delay(host, delay),
            Act::Restart { politely, back } => self.restart_service(politely, back),
            Act::Partition { back } => self.part(back),
            Act::Jump { by } => advance(by).await,
            Act::Suspend { host, back } => {
                self.suspend(host);
                self.later(back, move |world| world.wake(host));
            }
            Act::Crash { host, back } => {
                self.crash(host);
                self.later(back, move |world| world.start_engine(host));
            }
            Act::SignOut { host, back } => {
                let session = self.hosts()[host].sessions.pop();
                if let Some(session) = session {
                    session.close();
                    self.later(back, move |world| world.sign_in(host));
                }
            }
        }
    }

    /// Everybody hangs up what is left.
    pub(in super::super) fn hang_up_all(&self) {
        let calls: Vec<_> = self.records().iter().filter_map(|record| record.call.clone()).collect();
        for call in calls {
            call.hang_up();
        }
    }

    fn place(
        &self,
        host: HostId,
        place: impl FnOnce(&Session, CallOptions) -> Result<Call, Error>,
        origin: Origin,
    ) {
        if self.hosts()[host].suspended {
            return;
        }
        let Some(session) = self.session(host) else { return };
        match place(&session, self.options()) {
            Ok(call) => drop(self.keep(host, call, origin)),
            Err(error) => self.note(&format!("host {host}: not placed: {error}")),
        }
    }

    /// Acts on one of the calls a person has.
    fn with_call(&self, host: HostId, pick: usize, act: impl FnOnce(&mut Record, &Call)) {
        if self.hosts()[host].suspended {
            return;
        }
        let mut records = self.records();
        let mut live: Vec<&mut Record> = records
            .iter_mut()
            .filter(|record| record.host == host && record.ended.is_none())
            .filter(|record| record.call.is_some())
            .collect();
        if live.is_empty() {
            return;
        }
        let index = pick % live.len();
        let record = &mut live[index];
        if let Some(call) = record.call.clone() {
            act(record, &call);
            drop(records);
            drop(call);
        }
    }

    /// A push message brings the news of the last call that rings a host's user.
    fn push(&self, host: HostId) {
        let user = self.0.plan.users[host];
        let ringing = self.records().iter().rev().find_map(|record| {
            let rings = record.origin == Origin::Ring(user) && record.state() == CallState::Outgoing;
            rings.then(|| (record.id.clone(), record.host))
        });
        let (Some((id, from)), Some(session)) = (ringing, self.session(host)) else {
            return;
        };
        let media = MediaKinds { audio: true, video: self.0.plan.video };
        let from = self.0.plan.users[from];
        let _ = session.expect_call(id, from, media, Duration::from_secs(30));
    }

    /// What a person does whose telephone rings.
    pub(super) fn react(&self, index: usize) {
        let (what, after) = self.draw(|rng| (rng.random_range(0..10), rng.random_range(0..20_000)));
        let after = Duration::from_millis(after);
        match what {
            0..6 => self.later(after, move |world| {
                world.with_record(index, |record, call| {
                    record.accepted = true;
                    call.accept(CallOptions::default());
                });
            }),
            6 => self.later(after, move |world| world.with_record(index, |_, call| call.decline())),
            7 => self.later(after, move |world| {
                let call = world.records()[index].call.take();
                drop(call);
            }),
            _ => {}
        }
    }

    fn with_record(&self, index: usize, act: impl FnOnce(&mut Record, &Call)) {
        let host = self.records()[index].host;
        if self.hosts()[host].suspended {
            return;
        }
        let mut records = self.records();
        let record = &mut records[index];
        if let Some(call) = record.call.clone() {
            act(record, &call);
            drop(records);
            drop(call);
        }
    }
}
