"""A client of superd's in Python: subscribes, and prints each signal as JSON: member, path, arguments."""
import json
import sys

import dbus
import dbus.mainloop.glib
from gi.repository import GLib

dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
bus = dbus.SystemBus()


def plain(value):
    if isinstance(value, dbus.Boolean):
        return bool(value)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    return [plain(one) for one in value]


def heard(*arguments, member, path):
    if path.startswith("/org/superd"):
        print(json.dumps({"member": str(member), "path": str(path), "arguments": plain(arguments)}), flush=True)


bus.add_signal_receiver(heard, member_keyword="member", path_keyword="path")
if "--silent" not in sys.argv:
    manager = dbus.Interface(bus.get_object("org.superd", "/org/superd/manager", introspect=False), "org.superd.Manager1")
    manager.Subscribe()
print("here", flush=True)
GLib.MainLoop().run()
