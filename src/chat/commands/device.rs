//! DEVICE: tokens by which a device logs in instead of a password.
//!
//! Specification: `chat-tui/devices`, our own: `DEVICE ADD :<name>`, `DEVICE CERT :<name>`, `DEVICE LIST`, `DEVICE REVOKE <id>`. A
//! token is shown to its owner once; what is stored is its digest. `CERT` binds the TLS certificate that the client has shown on
//! this connection: from then on it logs in by SASL EXTERNAL. It is listed and revoked like a token.

use crate::chat::asked::{Asked, AskedDevice};
use crate::chat::call::Call;
use crate::chat::event::{AccountId, DeviceId, Event, Place};
use crate::chat::limits::{self, is_reached};
use crate::chat::policy::cut;
use crate::chat::ports::{Answer, ConnId, Device, Question, Transport};
use crate::chat::refusal::{Handled, Refusal, Text};
use crate::chat::world::{Draft, World};

/// `DEVICE ADD|LIST|REVOKE …`.
pub(crate) fn device(world: &mut World, call: &Call<'_>) -> Handled {
    let conn = call.conn;
    let Some(account) = world.session(conn).account() else {
        return Err(Refusal::fail("ACCOUNT_REQUIRED", &[], "server-device-account-required"));
    };
    let subcommand = call.param(0).to_ascii_uppercase();
    let asked = match subcommand.as_str() {
        "ADD" => {
            world.require_journal(&["ADD"])?;
            AskedDevice::Room(device_name(call))
        }
        "CERT" => {
            world.require_journal(&["CERT"])?;
            return bind_certificate(world, call);
        }
        "LIST" => AskedDevice::List,
        "REVOKE" => {
            let text = call.message.param(1).ok_or_else(|| call.needs_more_params())?;
            let device = text.parse().map(DeviceId).map_err(|_| unknown(text))?;
            world.require_journal(&["REVOKE"])?;
            AskedDevice::Revoke(device)
        }
        _ => return Err(Refusal::fail("INVALID_SUBCOMMAND", &[call.param(0)], "server-unknown-subcommand")),
    };
    world.ask(conn, Question::Devices { account }, Asked::Device(asked));
    Ok(())
}

/// What a device is called.
fn device_name(call: &Call<'_>) -> String {
    let name: String = call.param(1).chars().filter(|character| !character.is_control()).collect();
    cut(name.trim(), limits::DEVICE_NAME_BYTES_MAX).to_owned()
}

/// `DEVICE CERT :<name>`: first whether the certificate is nobody's yet.
fn bind_certificate(world: &mut World, call: &Call<'_>) -> Handled {
    let session = world.session(call.conn);
    let Transport::CertifiedTls { certificate } = &session.peer.transport else {
        return Err(Refusal::fail("NO_CERTIFICATE", &["CERT"], "server-no-certificate"));
    };
    let certificate = **certificate;
    let question = Question::Certificate { certificate, address: session.address() };
    world.ask(call.conn, question, Asked::Device(AskedDevice::Certificate(device_name(call), certificate)));
    Ok(())
}

fn in_use() -> Refusal {
    Refusal::fail("CERTIFICATE_IN_USE", &["CERT"], "server-certificate-in-use")
}

fn unknown(device: &str) -> Refusal {
    Refusal::fail("UNKNOWN_DEVICE", &[device], "server-unknown-device")
}

/// The answer has come.
pub(super) fn answered(world: &mut World, conn: ConnId, asked: AskedDevice, answer: Answer) -> Handled {
    let Some(account) = world.session(conn).account() else { return Ok(()) };
    match (asked, answer) {
        (AskedDevice::Certificate(name, digest), Answer::Refused) => {
            let asked = Asked::Device(AskedDevice::CertificateRoom(name, digest));
            world.ask(conn, Question::Devices { account }, asked);
            Ok(())
        }
        (AskedDevice::Certificate(..), Answer::Proved { .. }) => Err(in_use()),
        (AskedDevice::CertificateRoom(name, digest), Answer::Devices(devices)) => {
            if is_reached(devices.len(), world.settings.limits.devices_per_account_max) {
                return Err(Refusal::fail("TOO_MANY_DEVICES", &["CERT"], "server-too-many-devices"));
            }
            // Somebody else may have bound it since the store was asked.
            if world.state.is_device_of_today(&digest) {
                return Err(in_use());
            }
            world.require_journal(&["CERT"])?;
            let device = world.state.next_device();
            append(world, conn, account, Event::DeviceAdded { device, account, name: name.clone(), digest });
            let line = world.server_line("DEVICE").param("CERT").param(&device.to_string()).trailing(&name);
            world.reply(conn, line);
            Ok(())
        }
        (AskedDevice::Room(name), Answer::Devices(devices)) => {
            if is_reached(devices.len(), world.settings.limits.devices_per_account_max) {
                return Err(Refusal::fail("TOO_MANY_DEVICES", &["ADD"], "server-too-many-devices"));
            }
            world.ask(conn, Question::NewToken, Asked::Device(AskedDevice::Token(name)));
            Ok(())
        }
        (AskedDevice::Token(name), Answer::NewToken { token, digest }) => {
            world.require_journal(&["ADD"])?;
            let device = world.state.next_device();
            append(world, conn, account, Event::DeviceAdded { device, account, name: name.clone(), digest });
            let line = world.server_line("DEVICE").param("ADD").param(&device.to_string()).param(token.expose());
            world.reply(conn, line.trailing(&name));
            Ok(())
        }
        (AskedDevice::List, Answer::Devices(devices)) => {
            devices.iter().for_each(|device| list(world, conn, device));
            let said = world.say(conn, &"server-end-of-devices".into());
            let line = world.server_line("DEVICE").param("END").trailing(&said);
            world.reply(conn, line);
            Ok(())
        }
        (AskedDevice::Revoke(device), Answer::Devices(devices)) => {
            let is_own = devices.iter().any(|known| known.id == device);
            if !is_own {
                return Err(unknown(&device.to_string()));
            }
            world.require_journal(&["REVOKE"])?;
            append(world, conn, account, Event::DeviceRevoked { device, account });
            let line = world.server_line("DEVICE").param("REVOKED").param(&device.to_string());
            world.reply(conn, line);
            // Whoever else came in by that token has to prove itself anew.
            world.close_sessions(&Text::new("server-device-revoked"), |session| {
                session.device == Some(device) && session.conn != conn
            });
            Ok(())
        }
        (asked, _) => {
            let subcommand = match asked {
                AskedDevice::Room(_) | AskedDevice::Token(_) => "ADD",
                AskedDevice::Certificate(..) | AskedDevice::CertificateRoom(..) => "CERT",
                AskedDevice::List => "LIST",
                AskedDevice::Revoke(_) => "REVOKE",
            };
            Err(Refusal::fail("TEMPORARILY_UNAVAILABLE", &[subcommand], "server-accounts-unavailable"))
        }
    }
}

fn append(world: &mut World, conn: ConnId, account: AccountId, event: Event) {
    let author = world.session(conn).author();
    let name = world.account_name(account).unwrap_or_default();
    world.append(Draft::new(author, Place::Server, &name, event));
}

/// `DEVICE ENTRY <id> <created> <last used>|* <last address>|* :<name>`.
fn list(world: &mut World, conn: ConnId, device: &Device) {
    let or_star = |text: Option<String>| text.unwrap_or_else(|| "*".to_owned());
    let line = world
        .server_line("DEVICE")
        .param("ENTRY")
        .param(&device.id.to_string())
        .param(&device.created.to_string())
        .param(&or_star(device.last_used.map(|time| time.to_string())))
        .param(&or_star(device.last_address.clone()))
        .trailing(&device.name);
    world.reply(conn, line);
}
