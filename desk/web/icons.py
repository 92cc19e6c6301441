"""The desk's icons: strokes on a square of 16, in the colour of the text."""

from __future__ import annotations

ICONS = {
    "inbox": '<path d="M2 9.5h3l1 2h4l1-2h3M2 9.5 4 3.5h8l2 6v3a1 1 0 0 1-1 1H3a1 1 0 0 1-1-1z"/>',
    "search": '<circle cx="7" cy="7" r="4.5"/><path d="m10.5 10.5 3.5 3.5"/>',
    "board": '<path d="M2.5 13.5v-5M6.2 13.5v-9M9.8 13.5v-6M13.5 13.5v-11"/>',
    "people": '<circle cx="6" cy="5.5" r="2.5"/><path d="M1.5 13.5c0-2.5 2-4 4.5-4s4.5 1.5 4.5 4M10.5 3.2a2.5 2.5 0 0 1 0 4.6M12.5 9.9c1.3.6 2 1.9 2 3.6"/>',
    "person": '<circle cx="8" cy="5.5" r="2.75"/><path d="M2.5 13.5c.4-2.6 2.6-4 5.5-4s5.1 1.4 5.5 4"/>',
    "key": '<circle cx="5" cy="11" r="3"/><path d="m7.2 8.8 6.3-6.3M11 5l2 2"/>',
    "clock": '<circle cx="8" cy="8" r="6"/><path d="M8 4.5V8l2.5 1.5"/>',
    "paperclip": '<path d="m13 7-5.2 5.2a3 3 0 0 1-4.2-4.2L9 2.6a2 2 0 0 1 2.8 2.8l-5.2 5.2a1 1 0 0 1-1.4-1.4L10 4.4"/>',
    "globe": '<circle cx="8" cy="8" r="6"/><path d="M2 8h12M8 2c2 2 2.6 4 2.6 6S10 12 8 14c-2-2-2.6-4-2.6-6S6 4 8 2z"/>',
    "mail": '<rect x="2" y="3.5" width="12" height="9" rx="1.2"/><path d="m2.5 4.5 5.5 4.5 5.5-4.5"/>',
    "speech": '<path d="M2.5 4a1 1 0 0 1 1-1h9a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1H7l-3 2.5V11h-.5a1 1 0 0 1-1-1z"/>',
    "alert": '<path d="M8 2.2 14.5 13.5h-13zM8 6.5v3M8 11.6v.1"/>',
    "check": '<path d="m3 8.5 3.2 3.2L13 5"/>',
    "cross": '<path d="m4 4 8 8M12 4l-8 8"/>',
    "pencil": '<path d="m10.5 3.5 2 2L5.5 12.5l-2.8.8.8-2.8zM9 5l2 2"/>',
    "moon": '<path d="M13.5 9.8A6 6 0 0 1 6.2 2.5a6 6 0 1 0 7.3 7.3z"/>',
    "eye": '<path d="M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8z"/><circle cx="8" cy="8" r="2"/>',
    "note": '<path d="M3.5 2.5h9v8l-3 3h-6zM9.5 13.5v-3h3M5.5 5.5h5M5.5 8h3"/>',
    "arrow-left": '<path d="M13 8H3M7 4 3 8l4 4"/>',
    "chevron": '<path d="m6 3.5 4.5 4.5L6 12.5"/>',
    "reply": '<path d="M6.5 4 2.5 8l4 4M2.5 8h6a5 5 0 0 1 5 5"/>',
    "keyboard": '<rect x="1.5" y="4" width="13" height="8" rx="1.2"/><path d="M4 6.5v.1M6.7 6.5v.1M9.3 6.5v.1M12 6.5v.1M5 9.5h6"/>',
    "leave": '<path d="M6.5 13.5h-3a1 1 0 0 1-1-1v-9a1 1 0 0 1 1-1h3M10.5 11l3-3-3-3M13.5 8h-7"/>',
}
