"""A polkit that says what a file tells it to; prints what it was asked, and adds it to another file."""
import json
import sys

import dbus
import dbus.mainloop.glib
import dbus.service
from gi.repository import GLib

dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
bus = dbus.SystemBus()


class Authority(dbus.service.Object):
    @dbus.service.method("org.freedesktop.PolicyKit1.Authority", in_signature="(sa{sv})sa{ss}us",
                         out_signature="(bba{ss})", async_callbacks=("told", "failed"))
    def CheckAuthorization(self, subject, action, details, flags, cancellation, told, failed):
        name = str(subject[1]["name"])
        question = {"kind": str(subject[0]), "name": name, "action": str(action), "interactive": bool(flags & 1),
                    **{str(key): str(value) for key, value in details.items()}}
        try:
            question["uid"] = int(bus.get_unix_user(name))
        except dbus.DBusException as error:
            return failed(error)
        with open(sys.argv[2], "a", encoding="utf-8") as file:
            print(json.dumps(question), file=file)
        print(json.dumps(question), flush=True)
        with open(sys.argv[1], encoding="utf-8") as file:
            rules = json.load(file)
        answer = "no"
        for rule in rules:
            if all(question.get(key) == value for key, value in rule.items() if key != "answer"):
                answer = rule["answer"]
                break
        if answer == "never":
            return None
        return told((answer == "yes", answer == "challenge", {}))


authority = Authority(bus, "/org/freedesktop/PolicyKit1/Authority")
owned = dbus.service.BusName("org.freedesktop.PolicyKit1", bus)
print("here", flush=True)
GLib.MainLoop().run()
