//! The table of keys: what a key does where, and what F1 and the footer say about it.

use crossterm::event::{KeyCode, KeyModifiers};

use super::chord::Chord;
use crate::proto::caps::Cap;

/// Where a key has its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Context {
    /// On every screen and above every dialogue.
    Everywhere,
    /// The conversations.
    Chat,
    /// A message was chosen.
    Chosen,
    /// A list to choose from, with a text that narrows it.
    Picker,
    /// The operators' panel.
    Panel,
    /// Wherever a text is written: the input box and the form's fields.
    Editing,
    /// The form.
    Form,
    /// The help (F1).
    Help,
    /// A dialogue with a question.
    Question,
}

impl Context {
    /// All, in the order in which the help shows them, with the ids of their titles.
    pub const TITLES: [(Self, &'static str); 9] = [
        (Self::Everywhere, "help-title-everywhere"),
        (Self::Chat, "help-title-chat"),
        (Self::Chosen, "help-title-chosen"),
        (Self::Picker, "help-title-picker"),
        (Self::Panel, "help-title-panel"),
        (Self::Editing, "help-title-editing"),
        (Self::Form, "help-title-form"),
        (Self::Question, "help-title-question"),
        (Self::Help, "help-title-help"),
    ];
}

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Leave the program.
    Quit,
    /// Stop as a shell's job (Ctrl-Z).
    Suspend,
    /// Show the help or take it away.
    Help,
    /// Send what is written.
    Send,
    /// Begin a new line.
    NewLine,
    /// Show the next conversation of the list.
    NextConversation,
    /// Show the one before.
    PreviousConversation,
    /// Show the conversation at this place, counted from 0.
    Conversation(usize),
    /// Show the next one with something unread.
    NextUnread,
    /// Show the one that was shown before.
    LastConversation,
    /// One screen up.
    PageUp,
    /// One screen down.
    PageDown,
    /// To the oldest message.
    Oldest,
    /// To the newest message.
    Newest,
    /// Send what failed or is of unknown fate again.
    Resend,
    /// Choose the message above.
    ChooseOlder,
    /// Choose the message below.
    ChooseNewer,
    /// Answer the chosen message.
    Reply,
    /// React to the chosen message.
    React,
    /// Put the chosen message on the clipboard.
    Copy,
    /// Withdraw the chosen message.
    Redact,
    /// Report the chosen message to the operators of the server.
    Report,
    /// Show the operators' panel.
    Panel,
    /// What Enter does with what is chosen.
    Act,
    /// Search.
    Search,
    /// Search here, or everywhere.
    SwitchScope,
    /// Open a link of the chosen message.
    OpenLink,
    /// To the first message that is new.
    FirstUnread,
    /// Take the mouse, or give it back to the terminal.
    ToggleMouse,
    /// Conversations, people and commands to choose from.
    Switcher,
    /// Everything that can be done, to choose from.
    Palette,
    /// One grapheme to the left; on the tabs, the tab before.
    Left,
    /// One grapheme to the right; on the tabs, the tab after.
    Right,
    /// One line up, or what was sent before; in the form, the field before.
    Up,
    /// One line down, or what was sent after; in the form, the field after.
    Down,
    /// One word to the left.
    WordLeft,
    /// One word to the right.
    WordRight,
    /// To the start of the line; in an empty input box, to the oldest message.
    LineStart,
    /// To the end of the line; in an empty input box, to the newest message.
    LineEnd,
    /// Remove the grapheme before the caret.
    Backspace,
    /// Remove the grapheme after the caret.
    Delete,
    /// Cut out the word before the caret.
    KillWordBefore,
    /// Cut out the word after the caret.
    KillWordAfter,
    /// Cut out everything before the caret.
    KillLineStart,
    /// Cut out everything after the caret.
    KillLineEnd,
    /// Insert what was cut out.
    Yank,
    /// Insert what was cut out before that.
    YankEarlier,
    /// Take the last change back.
    Undo,
    /// Take the last undo back.
    Redo,
    /// Complete the word at the caret; again: the next possibility.
    Complete,
    /// The possibility before.
    CompleteBack,
    /// Answer that what was pasted is to be changed first.
    Edit,
    /// Next field of the form.
    NextField,
    /// Field before.
    PreviousField,
    /// The other tab of the form.
    SwitchTab,
    /// Show or mask the password.
    Reveal,
    /// Submit the form.
    Submit,
    /// Leave the form, or break off connecting.
    Leave,
    /// Answer yes.
    Accept,
    /// Answer no.
    Refuse,
    /// Take the dialogue away.
    Close,
}

impl Action {
    /// What a server must offer for it; where it does not, nothing is said of the key.
    pub fn needs(self) -> Option<Cap> {
        match self {
            Self::Report => Some(Cap::Report),
            Self::Panel => Some(Cap::Inspect),
            _ => None,
        }
    }
}

/// One line of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Binding {
    /// Where.
    pub context: Context,
    /// Which key.
    pub chord: Chord,
    /// What it does.
    pub action: Action,
    /// The id of what the help says; bindings of one action in one context share a row.
    pub help_id: &'static str,
    /// The id of the word in the footer, for the few keys that are shown there.
    pub footer_id: Option<&'static str>,
    /// The preset that has it; nothing when all have it.
    pub preset: Option<Preset>,
}

/// Habits that differ: what the keys are before anything is changed by the configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Preset {
    /// For newcomers: Ctrl-K switches, Ctrl-F searches.
    #[default]
    Default,
    /// For those who write with Emacs or a shell's line editor: Ctrl-K cuts the line, Ctrl-F goes forward.
    Emacs,
}

impl Preset {
    /// The preset of this name in the configuration.
    pub fn find(name: &str) -> Option<Self> {
        match name {
            "default" => Some(Self::Default),
            "emacs" | "readline" => Some(Self::Emacs),
            _ => None,
        }
    }
}

const NONE: KeyModifiers = KeyModifiers::NONE;
const CONTROL: KeyModifiers = KeyModifiers::CONTROL;
const ALT: KeyModifiers = KeyModifiers::ALT;

const fn key(
    context: Context,
    modifiers: KeyModifiers,
    code: KeyCode,
    action: Action,
    help_id: &'static str,
) -> Binding {
    Binding { context, chord: Chord { code, modifiers }, action, help_id, footer_id: None, preset: None }
}

const fn letter(
    context: Context,
    modifiers: KeyModifiers,
    letter: char,
    action: Action,
    help_id: &'static str,
) -> Binding {
    key(context, modifiers, KeyCode::Char(letter), action, help_id)
}

const fn only(preset: Preset, binding: Binding) -> Binding {
    Binding { preset: Some(preset), ..binding }
}

const fn in_footer(binding: Binding, footer_id: &'static str) -> Binding {
    Binding { footer_id: Some(footer_id), ..binding }
}

/// Every key. The first key of an action is the one that is recommended.
pub const BINDINGS: &[Binding] = &{
    use Action as A;
    use Context::{Chat, Chosen, Editing, Everywhere, Form, Help, Panel, Picker, Question};
    use Preset::{Default, Emacs};
    const SHIFT: KeyModifiers = KeyModifiers::SHIFT;
    [
        in_footer(key(Everywhere, NONE, KeyCode::F(1), A::Help, "help-key-help"), "footer-help"),
        letter(Everywhere, CONTROL, 'c', A::Quit, "help-key-quit"),
        letter(Everywhere, CONTROL, 'z', A::Suspend, "help-key-suspend"),
        in_footer(key(Chat, NONE, KeyCode::Enter, A::Send, "help-key-send"), "footer-send"),
        key(Chat, ALT, KeyCode::Enter, A::NewLine, "help-key-new-line"),
        letter(Chat, CONTROL, 'j', A::NewLine, "help-key-new-line"),
        key(Chat, KeyModifiers::SHIFT, KeyCode::Enter, A::NewLine, "help-key-new-line"),
        in_footer(key(Chat, ALT, KeyCode::Down, A::NextConversation, "help-key-next"), "footer-next"),
        only(Default, letter(Chat, CONTROL, 'n', A::NextConversation, "help-key-next")),
        key(Chat, ALT, KeyCode::Up, A::PreviousConversation, "help-key-previous"),
        only(Default, letter(Chat, CONTROL, 'p', A::PreviousConversation, "help-key-previous")),
        only(Emacs, letter(Chat, CONTROL, 'n', A::Down, "help-key-history-down")),
        only(Emacs, letter(Chat, CONTROL, 'p', A::Up, "help-key-history-up")),
        letter(Chat, ALT, '1', A::Conversation(0), "help-key-nth"),
        letter(Chat, ALT, '2', A::Conversation(1), "help-key-nth"),
        letter(Chat, ALT, '3', A::Conversation(2), "help-key-nth"),
        letter(Chat, ALT, '4', A::Conversation(3), "help-key-nth"),
        letter(Chat, ALT, '5', A::Conversation(4), "help-key-nth"),
        letter(Chat, ALT, '6', A::Conversation(5), "help-key-nth"),
        letter(Chat, ALT, '7', A::Conversation(6), "help-key-nth"),
        letter(Chat, ALT, '8', A::Conversation(7), "help-key-nth"),
        letter(Chat, ALT, '9', A::Conversation(8), "help-key-nth"),
        only(Default, in_footer(letter(Chat, CONTROL, 'k', A::Switcher, "help-key-switcher"), "footer-switcher")),
        only(Emacs, in_footer(letter(Chat, ALT, 'k', A::Switcher, "help-key-switcher"), "footer-switcher")),
        only(Default, in_footer(letter(Chat, CONTROL, 'f', A::Search, "help-key-search"), "footer-search")),
        only(Emacs, in_footer(letter(Chat, CONTROL, 's', A::Search, "help-key-search"), "footer-search")),
        only(Emacs, letter(Chat, CONTROL, 'r', A::Search, "help-key-search")),
        letter(Chat, ALT, 'x', A::Palette, "help-key-palette"),
        key(Chat, NONE, KeyCode::F(2), A::Palette, "help-key-palette"),
        letter(Chat, ALT, 'a', A::NextUnread, "help-key-next-unread"),
        letter(Chat, ALT, '/', A::LastConversation, "help-key-last"),
        in_footer(key(Chat, NONE, KeyCode::PageUp, A::PageUp, "help-key-page-up"), "footer-scroll"),
        key(Chat, NONE, KeyCode::PageDown, A::PageDown, "help-key-page-down"),
        key(Chat, CONTROL, KeyCode::Home, A::Oldest, "help-key-oldest"),
        key(Chat, CONTROL, KeyCode::End, A::Newest, "help-key-newest"),
        letter(Chat, ALT, 'u', A::FirstUnread, "help-key-first-unread"),
        letter(Chat, ALT, 'm', A::ToggleMouse, "help-key-mouse"),
        letter(Chat, ALT, 'o', A::Panel, "help-key-panel"),
        only(Default, letter(Chat, CONTROL, 'r', A::Resend, "help-key-resend")),
        only(Emacs, letter(Chat, ALT, 'r', A::Resend, "help-key-resend")),
        key(Chat, SHIFT, KeyCode::Up, A::ChooseOlder, "help-key-choose-older"),
        key(Chat, CONTROL, KeyCode::Up, A::ChooseOlder, "help-key-choose-older"),
        key(Chat, SHIFT, KeyCode::Down, A::ChooseNewer, "help-key-choose-newer"),
        key(Chat, CONTROL, KeyCode::Down, A::ChooseNewer, "help-key-choose-newer"),
        in_footer(key(Chosen, NONE, KeyCode::Esc, A::Leave, "help-key-unchoose"), "footer-back"),
        in_footer(letter(Chosen, NONE, 'r', A::Reply, "help-key-reply"), "footer-reply"),
        in_footer(letter(Chosen, NONE, '+', A::React, "help-key-react"), "footer-react"),
        in_footer(letter(Chosen, NONE, 'y', A::Copy, "help-key-copy"), "footer-copy"),
        in_footer(letter(Chosen, NONE, 'o', A::OpenLink, "help-key-open-link"), "footer-open-link"),
        in_footer(letter(Chosen, NONE, 'd', A::Redact, "help-key-redact"), "footer-redact"),
        key(Chosen, NONE, KeyCode::Delete, A::Redact, "help-key-redact"),
        letter(Chosen, NONE, '!', A::Report, "help-key-report"),
        key(Chosen, NONE, KeyCode::Enter, A::Act, "help-key-act"),
        key(Chosen, NONE, KeyCode::Up, A::ChooseOlder, "help-key-choose-older"),
        key(Chosen, NONE, KeyCode::Down, A::ChooseNewer, "help-key-choose-newer"),
        key(Chat, NONE, KeyCode::Esc, A::Leave, "help-key-unreply"),
        in_footer(key(Chat, NONE, KeyCode::Tab, A::Complete, "help-key-complete"), "footer-complete"),
        key(Chat, NONE, KeyCode::BackTab, A::CompleteBack, "help-key-complete-back"),
        key(Chat, NONE, KeyCode::Up, A::Up, "help-key-history-up"),
        key(Chat, NONE, KeyCode::Down, A::Down, "help-key-history-down"),
        in_footer(key(Picker, NONE, KeyCode::Enter, A::Accept, "help-key-pick"), "footer-pick"),
        in_footer(key(Picker, NONE, KeyCode::Esc, A::Close, "help-key-close"), "footer-close"),
        in_footer(key(Picker, NONE, KeyCode::Down, A::Down, "help-key-pick-below"), "footer-pick-below"),
        letter(Picker, CONTROL, 'n', A::Down, "help-key-pick-below"),
        key(Picker, NONE, KeyCode::Up, A::Up, "help-key-pick-above"),
        letter(Picker, CONTROL, 'p', A::Up, "help-key-pick-above"),
        key(Picker, NONE, KeyCode::PageUp, A::PageUp, "help-key-page-up"),
        key(Picker, NONE, KeyCode::PageDown, A::PageDown, "help-key-page-down"),
        key(Picker, NONE, KeyCode::Tab, A::SwitchScope, "help-key-scope"),
        in_footer(key(Panel, NONE, KeyCode::Enter, A::Act, "help-key-panel-act"), "footer-panel-act"),
        in_footer(key(Panel, NONE, KeyCode::Tab, A::SwitchScope, "help-key-panel-list"), "footer-panel-list"),
        in_footer(key(Panel, NONE, KeyCode::Esc, A::Close, "help-key-close"), "footer-close"),
        key(Panel, NONE, KeyCode::Down, A::Down, "help-key-pick-below"),
        letter(Panel, CONTROL, 'n', A::Down, "help-key-pick-below"),
        key(Panel, NONE, KeyCode::Up, A::Up, "help-key-pick-above"),
        letter(Panel, CONTROL, 'p', A::Up, "help-key-pick-above"),
        key(Panel, NONE, KeyCode::PageUp, A::PageUp, "help-key-page-up"),
        key(Panel, NONE, KeyCode::PageDown, A::PageDown, "help-key-page-down"),
        key(Editing, NONE, KeyCode::Left, A::Left, "help-key-left"),
        letter(Editing, CONTROL, 'b', A::Left, "help-key-left"),
        key(Editing, NONE, KeyCode::Right, A::Right, "help-key-right"),
        only(Emacs, letter(Editing, CONTROL, 'f', A::Right, "help-key-right")),
        key(Editing, CONTROL, KeyCode::Left, A::WordLeft, "help-key-word-left"),
        letter(Editing, ALT, 'b', A::WordLeft, "help-key-word-left"),
        key(Editing, CONTROL, KeyCode::Right, A::WordRight, "help-key-word-right"),
        letter(Editing, ALT, 'f', A::WordRight, "help-key-word-right"),
        key(Editing, NONE, KeyCode::Home, A::LineStart, "help-key-line-start"),
        letter(Editing, CONTROL, 'a', A::LineStart, "help-key-line-start"),
        key(Editing, NONE, KeyCode::End, A::LineEnd, "help-key-line-end"),
        letter(Editing, CONTROL, 'e', A::LineEnd, "help-key-line-end"),
        key(Editing, NONE, KeyCode::Backspace, A::Backspace, "help-key-backspace"),
        letter(Editing, CONTROL, 'h', A::Backspace, "help-key-backspace"),
        key(Editing, NONE, KeyCode::Delete, A::Delete, "help-key-delete"),
        letter(Editing, CONTROL, 'd', A::Delete, "help-key-delete"),
        letter(Editing, CONTROL, 'w', A::KillWordBefore, "help-key-kill-word-before"),
        key(Editing, ALT, KeyCode::Backspace, A::KillWordBefore, "help-key-kill-word-before"),
        letter(Editing, ALT, 'd', A::KillWordAfter, "help-key-kill-word-after"),
        letter(Editing, CONTROL, 'u', A::KillLineStart, "help-key-kill-line-start"),
        only(Emacs, letter(Editing, CONTROL, 'k', A::KillLineEnd, "help-key-kill-line-end")),
        only(Default, letter(Editing, ALT, 'k', A::KillLineEnd, "help-key-kill-line-end")),
        letter(Editing, CONTROL, 'y', A::Yank, "help-key-yank"),
        letter(Editing, ALT, 'y', A::YankEarlier, "help-key-yank-earlier"),
        letter(Editing, CONTROL, '_', A::Undo, "help-key-undo"),
        letter(Editing, ALT, 'z', A::Undo, "help-key-undo"),
        // What terminals without the kitty protocol send for Ctrl-_.
        letter(Editing, CONTROL, '7', A::Undo, "help-key-undo"),
        letter(Editing, ALT, 'e', A::Redo, "help-key-redo"),
        key(Form, NONE, KeyCode::Tab, A::NextField, "help-key-next-field"),
        key(Form, NONE, KeyCode::Down, A::NextField, "help-key-next-field"),
        key(Form, NONE, KeyCode::BackTab, A::PreviousField, "help-key-previous-field"),
        key(Form, NONE, KeyCode::Up, A::PreviousField, "help-key-previous-field"),
        in_footer(letter(Form, CONTROL, 't', A::SwitchTab, "help-key-switch-tab"), "footer-switch-tab"),
        key(Form, NONE, KeyCode::F(2), A::SwitchTab, "help-key-switch-tab"),
        in_footer(letter(Form, CONTROL, 'r', A::Reveal, "help-key-reveal"), "footer-reveal"),
        key(Form, NONE, KeyCode::F(3), A::Reveal, "help-key-reveal"),
        in_footer(key(Form, NONE, KeyCode::Enter, A::Submit, "help-key-submit"), "footer-submit"),
        in_footer(key(Form, NONE, KeyCode::Esc, A::Leave, "help-key-leave"), "footer-leave"),
        in_footer(key(Question, NONE, KeyCode::Enter, A::Accept, "help-key-accept"), "footer-accept"),
        in_footer(key(Question, NONE, KeyCode::Esc, A::Refuse, "help-key-refuse"), "footer-refuse"),
        letter(Question, NONE, 'e', A::Edit, "help-key-edit"),
        key(Question, NONE, KeyCode::Up, A::Up, "help-key-scroll-up"),
        key(Question, NONE, KeyCode::Down, A::Down, "help-key-scroll-down"),
        key(Question, NONE, KeyCode::PageUp, A::PageUp, "help-key-page-up"),
        key(Question, NONE, KeyCode::PageDown, A::PageDown, "help-key-page-down"),
        in_footer(key(Help, NONE, KeyCode::Esc, A::Close, "help-key-close"), "footer-close"),
        key(Help, NONE, KeyCode::Enter, A::Close, "help-key-close"),
        letter(Help, NONE, 'q', A::Close, "help-key-close"),
        key(Help, NONE, KeyCode::Up, A::Up, "help-key-scroll-up"),
        key(Help, NONE, KeyCode::Down, A::Down, "help-key-scroll-down"),
        key(Help, NONE, KeyCode::PageUp, A::PageUp, "help-key-page-up"),
        key(Help, NONE, KeyCode::PageDown, A::PageDown, "help-key-page-down"),
    ]
};
