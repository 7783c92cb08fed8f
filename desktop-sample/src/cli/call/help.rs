//! What `duet call --help` says below its options.

pub(super) const TEXT: &str = r#"Examples:
  Meet in a room; whoever comes second calls, a browser can be the other side:
    duet call http://127.0.0.1:8080 --room tea
  Wait to be called, and call:
    duet call http://127.0.0.1:8080 --id bob
    duet call http://127.0.0.1:8080 --id alice --to bob
  Send files, keep what the other side sends, hang up after ten seconds of media:
    duet call http://127.0.0.1:8080 --room tea --video talk.y4m --audio talk.wav \
        --record-video seen.y4m --record-audio heard.wav --seconds 10
  Talk to the pages of another system, over its own server:
    duet call https://127.0.0.1:8101 --dialect socketio-relay --role caller --insecure
    duet call http://127.0.0.1:3001/myPeerServer --dialect peerjs --to ID
  Through a relay only, for scripts:
    duet call https://calls.example --room tea --relay-only \
        --ice-server turn:relay.example:3478,user,password --json
  A voice call that is held after two seconds, goes on after four, and asks for pictures after six:
    duet call http://127.0.0.1:8080 --to bob --voice --at 2:hold --at 4:resume --at 6:ask-video
  Answer by hand, with pictures if the caller asks for them, and hear of second callers:
    duet call http://127.0.0.1:8080 --id bob --answer ignore --answer-video yes --call-waiting

Actions, for --at and typed with Enter while the call runs:
  accept, decline         the call that rings, or who calls during the call
  hold, resume            nothing is sent or played between
  mute, unmute            the microphone
  camera-off, camera-on   the camera
  screen-on, screen-off   the pictures are a screen's, or the camera's again
  ask-video, stop-video   pictures for both, if the other side agrees; and their end
  yes, no                 the answer to the other side's question for pictures
  hang-up                 the end
Or a letter, which switches: h hold, m microphone, c camera, s screen, v pictures; y, n, a accept, d decline,
q hang up. What is typed is read from stdin: use < /dev/null in the background.

Events of --json beside signaling, ready, connected, media, ended and report:
  {"event":"ringing"}                                   it rings at the other side
  {"event":"incoming","from":"alice"}                   somebody calls
  {"event":"held","local":true,"remote":false}          who holds the call has changed
  {"event":"video","news":"asked"}                      pictures: asked, agreed, declined or stopped
  {"event":"remote-media","audio":true,"video":true,"screen":false}   what the other side sends
  {"event":"waiting","from":"carol"}                    somebody calls during the call
  {"event":"switched","to":"carol"}                     another call is the one that talks
  {"event":"did","action":"hold"}                       something was done because it was typed or due"#;
