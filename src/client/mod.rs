//! The terminal client.
//!
//! A pure core in the shape of Elm: [`update::update`] takes the [`model::Model`], one [`event::Event`] and the moment at which
//! it happened, and asks for [`event::Effect`]s. The core names no socket, no terminal and no clock; what it needs of them
//! arrives in events. Around it stands the shell, which carries out the effects and draws the model.
//!
//! | file | what it holds |
//! |---|---|
//! | [`event`] | what comes in, what goes out |
//! | [`model`] | everything that is known and shown |
//! | [`update`] | routes each event to the part it belongs to |
//! | [`bindings`], [`commands`] | the tables of keys and of slash commands |
//! | [`chord`], [`keymap`] | keys, and what they mean for this person |
//! | [`keys`], [`mouse`] | what they do |
//! | [`chosen`] | the chosen message and what can be done with it |
//! | [`links`] | links in texts |
//! | [`picker`], [`switcher`], [`search`] | lists to choose from, and what they hold |
//! | [`form`], [`overlay`] | the form before the chat, the dialogues above everything |
//! | [`conversation`], [`members`] | channels, people, the server as a correspondent |
//! | [`buffer`], [`entry`], [`position`] | what is said, in its order, and which part of it is shown |
//! | [`comings`] | who came and went, in one line |
//! | [`signs`], [`markers`], [`typing`], [`presence`] | what was read, who writes, who is there |
//! | [`annotation`], [`reactions`] | what is said about a message later on |
//! | [`panel`], [`panel_words`], [`inspecting`], [`deeds`], [`operating`] | the operators' panel: what it shows, and what is done there |
//! | [`reporting`] | bringing a message before the operators, and what they see of it |
//! | [`composer`], [`edit`], [`completion`] | what is being written |
//! | [`writing`], [`candidates`], [`drafts`], [`secrets`] | typing, pasting, completing, sending; what is kept of it |
//! | [`session`] | the IRC client: lines in, facts and lines out |
//! | [`servers`], [`connection`] | which server, as whom, how far the connection to it has got |
//! | [`logins`] | what this device remembers of log-ins |
//! | [`connect`] | which servers are talked to: at the start, by `/connect` and `/disconnect` |
//! | [`link`] | connecting, logging in, connecting again |
//! | [`chat`], [`remarks`] | what facts do to conversations, and what we say of it |
//! | [`refusals`] | what a server's error numerics say, in the person's language |
//! | [`outbox`], [`pace`], [`unsent`] | sending, not too fast, and nothing lost |
//! | [`history`], [`fetch`], [`pages`] | catching up: what is asked for, and the pages that come |
//! | [`log`], [`logbook`], [`stretch`] | the log of this device |
//! | [`geometry`] | where things are on the screen: for drawing and for the mouse alike |
//! | [`config`] | settings: flags and the configuration file |
//! | [`preferences`], [`notices`], [`away`] | what the person prefers; calling them; away after idleness |
//! | [`plain`] | the line mode: question by question |
//! | [`errand`] | `send` and `tail`: one thing done for a script |
//! | [`network`], [`local`], [`store`], [`log_files`] | the shell: connections, this user's own server, files |
//! | [`keyring`] | the shell: the desktop's keyring, for secrets |
//! | [`notify`], [`watch`] | the shell: by what the person is called; the configuration file's changes |
//! | [`shell`] | the model and everything by which its effects are carried out |
//! | [`asking`], [`keyboard`], [`terminal`], [`picture`], [`cells_out`], [`view`] | what is typed; the screen, the picture on it |
//! | [`run`], [`lines`], [`signals`] | the loops: full screen, line mode and errands |

pub mod annotation;
pub mod asking;
pub mod away;
pub mod bindings;
pub mod buffer;
pub mod candidates;
pub mod cells_out;
pub mod chat;
pub mod chord;
pub mod chosen;
pub mod comings;
pub mod commands;
pub mod completion;
pub mod composer;
pub mod config;
pub mod connect;
pub mod connection;
pub mod conversation;
pub mod deeds;
pub mod drafts;
pub mod edit;
pub mod entry;
pub mod errand;
pub mod event;
pub mod fetch;
pub mod form;
pub mod geometry;
pub mod history;
pub mod inspecting;
pub mod keyboard;
pub mod keymap;
pub mod keyring;
pub mod keys;
pub mod lines;
pub mod link;
pub mod links;
pub mod local;
pub mod log;
pub mod log_files;
pub mod logbook;
pub mod logins;
pub mod markers;
pub mod members;
pub mod model;
pub mod mouse;
pub mod network;
pub mod notices;
pub mod notify;
pub mod operating;
pub mod outbox;
pub mod overlay;
pub mod pace;
pub mod pages;
pub mod panel;
pub mod panel_words;
pub mod picker;
pub mod picture;
pub mod plain;
pub mod position;
pub mod preferences;
pub mod presence;
pub mod reactions;
pub mod refusals;
pub mod remarks;
pub mod reporting;
pub mod run;
pub mod search;
pub mod secrets;
pub mod servers;
pub mod session;
pub mod shell;
pub mod signals;
pub mod signs;
pub mod store;
pub mod stretch;
pub mod switcher;
pub mod terminal;
pub mod typing;
pub mod unsent;
pub mod update;
pub mod view;
pub mod watch;
pub mod writing;

#[cfg(test)]
mod tests;
