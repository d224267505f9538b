"""Stand-ins for MIDI hardware on the page: ports in place of real ones, all behind them is real."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from playwright.sync_api import Locator, Page, expect

# `studio.plug("input", "Keys")` connects a device, `unplug` takes it away, `play` has one say
# something at a time in ms; `studio.sent` is what an output was given, [ms, ...bytes].
STUDIO = """(() => {
    class Port {
        constructor(type, name) {
            Object.assign(this, {type, name, id: `${type}-${name}`, state: "connected", sent: []});
        }
        send(bytes, at = performance.now()) {
            if (this.state !== "connected") throw new DOMException("gone", "InvalidStateError");
            this.sent.push([at, ...bytes]);
        }
    }
    const access = {inputs: new Map(), outputs: new Map(), sysexEnabled: false};
    const changed = (port) => access.onstatechange?.({port});
    window.studio = {
        asked: [],
        sent: (name) => access.outputs.get(`output-${name}`).sent,
        plug(type, name) {
            const port = new Port(type, name);
            access[`${type}s`].set(port.id, port);
            changed(port);
        },
        unplug(type, name) {
            const ports = access[`${type}s`], port = ports.get(`${type}-${name}`);
            port.state = "disconnected";
            ports.delete(port.id);
            changed(port);
        },
        play(name, data, at = performance.now()) {
            const event = new MIDIMessageEvent("midimessage", {data: Uint8Array.from(data)});
            Object.defineProperty(event, "timeStamp", {value: at});
            access.inputs.get(`input-${name}`).onmidimessage?.(event);
        },
    };
    navigator.requestMIDIAccess = async (options) => {
        studio.asked.push(options);
        return access;
    };
})()"""
PLUG = "([kind, name]) => studio.plug(kind, name)"
NO_WEB_MIDI = "delete Navigator.prototype.requestMIDIAccess"
NOW = "FaderNets.bench.now"  # the page's settings
ON, OFF, CONTROL = 0x90, 0x80, 0xB0
ALL_NOTES_OFF = [CONTROL, 123, 0]


def open_devices(page: Page, *devices: tuple[str, str]) -> None:
    """Connect devices, each of a type and a name, and open their part of the page."""
    for kind, name in devices:
        page.evaluate(PLUG, [kind, name])
    page.locator(".fn-midi summary").press("Enter")
    expect(page.get_by_role("button", name="Record")).to_be_visible()


def state(page: Page) -> Locator:
    """The line that says what is connected, or why nothing is."""
    return page.locator("[data-show=midi]")


def learn(page: Page, fader: str, device: str, number: int, channel: int = 1) -> None:
    """A fader learns a control of a device."""
    page.get_by_role("button", name=f"Learn {fader}").click()
    turn(page, device, number, [1], channel)


def turn(page: Page, device: str, number: int, values: Iterable[int], channel: int = 1) -> None:
    """A control of a device goes through values."""
    messages = [[CONTROL + channel - 1, number, value] for value in values]
    page.evaluate(
        "([name, all]) => all.forEach((data) => studio.play(name, data))", [device, messages]
    )


def play_take(page: Page, device: str, messages: Sequence[tuple[float, list[int]]]) -> None:
    """A device says messages at their seconds from now, all at once."""
    page.evaluate(
        """([name, all]) => { const now = performance.now();
        for (const [time, data] of all) studio.play(name, data, now + 1000 * time); }""",
        [device, [[time, data] for time, data in messages]],
    )


def left_sounding(messages: Sequence[Sequence[float]]) -> set[int]:
    """The pitches that an instrument still sounds when it has done all it was told, in time."""
    sounding: set[int] = set()
    for _, status, first, second in sorted(messages, key=lambda message: message[0]):
        if [status, first, second] == ALL_NOTES_OFF:
            sounding.clear()
        elif status == ON and second:
            sounding.add(int(first))
        else:
            sounding.discard(int(first))
    return sounding
