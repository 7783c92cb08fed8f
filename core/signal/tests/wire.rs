//! The wire under foreign and random input.

use duet_signal::message::*;
use duet_signal::{Envelope, Message, decode, encode};
use proptest::prelude::*;

fn text() -> impl Strategy<Value = String> {
    proptest::collection::vec(any::<char>(), 0..24).prop_map(|chars| chars.into_iter().collect())
}

fn media() -> impl Strategy<Value = MediaKinds> {
    any::<(bool, bool)>().prop_map(|(audio, video)| MediaKinds { audio, video })
}

fn ice_server() -> impl Strategy<Value = IceServer> {
    (proptest::collection::vec(text(), 0..3), proptest::option::of(text()), proptest::option::of(text()))
        .prop_map(|(urls, username, credential)| IceServer { urls, username, credential })
}

fn room_peer() -> impl Strategy<Value = RoomPeer> {
    (text(), text(), text()).prop_map(|(user, device, call)| RoomPeer {
        user: user.into(),
        device: device.into(),
        call: call.into(),
    })
}

fn stay() -> impl Strategy<Value = Option<CallId>> {
    proptest::option::of(text().prop_map(CallId))
}

fn session_messages() -> impl Strategy<Value = Message> {
    let resume =
        (text(), any::<u64>(), proptest::option::of(text())).prop_map(|(session, received, device)| Resume {
            session: session.into(),
            received,
            device: device.map(DeviceId),
        });
    let hello = (
        any::<(u16, u16)>(),
        text(),
        proptest::option::of(text()),
        proptest::option::of(resume),
        proptest::collection::vec(text(), 0..3),
        proptest::option::of(text()),
    )
        .prop_map(|((min, max), user, token, resume, capabilities, agent)| {
            let versions = VersionRange { min, max };
            Message::Hello(Hello { versions, user: user.into(), token, resume, capabilities, agent })
        });
    let welcome =
        (any::<(u16, bool, u64, u64)>(), text(), text(), proptest::collection::vec(ice_server(), 0..3))
            .prop_map(|((version, resumed, received, resume_window_ms), session, device, ice_servers)| {
                Message::Welcome(Welcome {
                    version,
                    session: session.into(),
                    device: device.into(),
                    resumed,
                    received,
                    resume_window_ms,
                    ice_servers,
                })
            });
    let code = prop_oneof![
        Just(ErrorCode::VersionUnsupported),
        Just(ErrorCode::Unauthorized),
        Just(ErrorCode::TooLarge),
        Just(ErrorCode::NotFound),
        Just(ErrorCode::Other),
    ];
    let error = (code, text(), any::<(bool, Option<u64>)>(), proptest::option::of(text())).prop_map(
        |(code, message, (fatal, about), call)| {
            Message::Error(ErrorInfo { code, message, fatal, about, call: call.map(CallId) })
        },
    );
    prop_oneof![hello, welcome, error, Just(Message::Ack)]
}

/// Those that only name a call.
fn call_words() -> impl Strategy<Value = Message> {
    let word = prop_oneof![
        Just(Message::Delivered as fn(CallRef) -> Message),
        Just(Message::Ringing as fn(CallRef) -> Message),
        Just(Message::Cancel as fn(CallRef) -> Message),
        Just(Message::Anew as fn(CallRef) -> Message),
        Just(Message::AcceptedElsewhere as fn(CallRef) -> Message),
        Just(Message::DeclinedElsewhere as fn(CallRef) -> Message),
        Just(Message::HangUp as fn(CallRef) -> Message),
        Just(Message::Hold as fn(CallRef) -> Message),
        Just(Message::Resume as fn(CallRef) -> Message),
        Just(Message::AskVideo as fn(CallRef) -> Message),
        Just(Message::AcceptVideo as fn(CallRef) -> Message),
        Just(Message::StopVideo as fn(CallRef) -> Message),
    ];
    (text(), word).prop_map(|(call, word)| word(CallRef { call: call.into() }))
}

fn call_messages() -> impl Strategy<Value = Message> {
    let reason = prop_oneof![
        Just(DeclineReason::Declined),
        Just(DeclineReason::Busy),
        Just(DeclineReason::Timeout),
        Just(DeclineReason::Other),
    ];
    let kind = prop_oneof![Just(DescriptionKind::Offer), Just(DescriptionKind::Answer)];
    let candidate =
        (text(), proptest::option::of(text()), any::<Option<u16>>(), proptest::option::of(text())).prop_map(
            |(candidate, sdp_mid, sdp_m_line_index, username_fragment)| IceCandidate {
                candidate,
                sdp_mid,
                sdp_m_line_index,
                username_fragment,
            },
        );
    prop_oneof![
        call_words(),
        (text(), media(), any::<u64>()).prop_map(|(call, media, expires_in_ms)| {
            Message::Invite(Invite { call: call.into(), media, expires_in_ms })
        }),
        (text(), media(), proptest::collection::vec(text(), 0..3)).prop_map(|(call, media, over)| {
            let over = over.into_iter().map(CallId).collect();
            Message::Accept(Accept { call: call.into(), media, over })
        }),
        (text(), reason).prop_map(|(call, reason)| Message::Decline(Decline { call: call.into(), reason })),
        (text(), kind, text(), any::<Option<u32>>()).prop_map(|(call, kind, sdp, exchange)| {
            Message::Description(Description { call: call.into(), kind, sdp, exchange })
        }),
        (text(), proptest::option::of(candidate))
            .prop_map(|(call, candidate)| Message::Candidate(Candidate { call: call.into(), candidate })),
        (text(), any::<(bool, bool, bool)>()).prop_map(|(call, (audio, video, screen))| {
            Message::MediaState(MediaState { call: call.into(), audio, video, screen })
        }),
    ]
}

fn room_messages() -> impl Strategy<Value = Message> {
    prop_oneof![
        (text(), stay()).prop_map(|(room, stay)| Message::Join(Join { room: room.into(), stay })),
        text().prop_map(|room| Message::Leave(RoomRef { room: room.into() })),
        (text(), stay(), proptest::option::of(room_peer()))
            .prop_map(|(room, stay, peer)| Message::Joined(Joined { room: room.into(), stay, peer })),
        (text(), stay(), room_peer()).prop_map(|(room, stay, peer)| Message::PeerJoined(PeerJoined {
            room: room.into(),
            stay,
            peer
        })),
        (text(), text(), any::<bool>()).prop_map(|(room, call, gone)| {
            Message::PeerLeft(PeerLeft { room: room.into(), call: call.into(), gone })
        }),
    ]
}

fn envelope() -> impl Strategy<Value = Envelope> {
    (
        any::<(Option<u64>, Option<u64>)>(),
        proptest::option::of(text()),
        proptest::option::of(text()),
        proptest::option::of(text()),
        proptest::option::of(text()),
        proptest::option::of(text()),
        prop_oneof![session_messages(), call_messages(), room_messages()],
    )
        .prop_map(|((seq, ack), from, from_device, to, to_device, except_device, message)| Envelope {
            seq,
            ack,
            from: from.map(UserId),
            from_device: from_device.map(DeviceId),
            to: to.map(UserId),
            to_device: to_device.map(DeviceId),
            except_device: except_device.map(DeviceId),
            message,
        })
}

proptest! {
    #[test]
    fn random_text_never_panics(text in any::<String>()) {
        let _ = decode(&text);
    }

    #[test]
    fn a_real_message_with_a_few_bytes_changed_never_panics(
        envelope in envelope(),
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = encode(&envelope).unwrap().into_bytes();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let _ = decode(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn what_is_written_reads_back_the_same(envelope in envelope()) {
        let text = encode(&envelope).unwrap();
        prop_assert_eq!(decode(&text).unwrap(), envelope);
    }
}
