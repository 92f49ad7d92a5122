"""Prints "owned" once somebody on the system's bus has the name that is given."""
import sys

import dbus
import dbus.mainloop.glib
from gi.repository import GLib

dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
bus = dbus.SystemBus()


def changed(owner):
    if owner:
        print("owned")


print("here")
bus.watch_name_owner(sys.argv[1], changed)
GLib.MainLoop().run()
