# SPDX-License-Identifier: GPL-2.0
"""gdb commands for a program that runs Linux as a library.

Load with `source lkl-gdb.py`, or start with `make gdb`. Then

    lkl-symbols [VMLINUX]   load the kernel's symbols, once for every instance
    lkl-ps                  list the tasks of every instance
    lkl-bt PID|all          show the kernel stack of a suspended context
    lkl-vcpus               who executes each vCPU, and what is pending

A kernel context is a stack, not a host thread, so `thread apply all bt` shows
only the few that are being executed; these commands show the others. The
kernel keeps frame pointers, which is what the walk goes by.
"""

import os
import gdb

PENDING = ["timer", "entry", "device", "resched", "call", "work", "stop",
           "service"]
STATES = {0: "R", 1: "S", 2: "D", 4: "T", 8: "t", 0x10: "X", 0x20: "Z",
          0x402: "I"}
LONG = 8


def instances():
    """The instances that the loader has mapped, newest first."""
    try:
        node = gdb.parse_and_eval("lkl_debug_instances")
    except gdb.error:
        raise gdb.GdbError("liblkl is not loaded (no lkl_debug_instances)")
    while int(node) != 0:
        yield node.dereference()
        node = node["next"]


class Kernel:
    """One instance, seen through the symbols loaded for it."""

    def __init__(self, instance):
        self.base = int(instance["base"])
        end = self.base + int(instance["size"])
        for objfile in gdb.objfiles():
            symbol = objfile.lookup_global_symbol("lkl_gdb_types")
            if symbol and self.base <= int(symbol.value().address) < end:
                self.types = symbol.value()
                return
        raise gdb.GdbError("no kernel symbols: run lkl-symbols first")

    @staticmethod
    def loaded(instance):
        """Have the instance's symbols been loaded?"""
        try:
            Kernel(instance)
        except gdb.GdbError:
            return False
        return True

    def tasks(self):
        """Every task: init_task, then all threads of all processes."""
        init = self.types["task"]
        yield init.dereference()
        for leader in self.list(init["tasks"], "tasks"):
            for thread in self.list(leader["signal"]["thread_head"],
                                    "thread_node"):
                yield thread

    @staticmethod
    def list(head, member):
        """Elements of a list_head in struct task_struct."""
        task = gdb.lookup_type("struct task_struct")
        offset = [f for f in task.fields() if f.name == member][0].bitpos // 8
        node = head["next"]
        while node != head.address:
            yield gdb.Value(int(node) - offset).cast(
                task.pointer()).dereference()
            node = node["next"]

    def running(self, task):
        """The vCPU that has the task as its current context, or None."""
        info = self.thread_info(task)
        if int(task["on_cpu"]) == 0:
            return None
        return int(info["cpu"])

    @staticmethod
    def thread_info(task):
        kind = gdb.lookup_type("struct thread_info").pointer()
        return task["stack"].cast(kind).dereference()


def read_long(address):
    data = gdb.selected_inferior().read_memory(address, LONG)
    return int.from_bytes(bytes(data), "little")


def symbol(address):
    """name+offset of a code address, as the kernel prints it."""
    text = gdb.execute("info symbol 0x%x" % address, to_string=True)
    return text.split(" in section")[0].strip()


def backtrace(kernel, task):
    """Return addresses of a suspended context, innermost first."""
    size = int(kernel.types["thread_size"])
    stack = int(task["stack"])
    top = stack + size
    sp = int(task["thread"]["sp"])
    if not stack <= sp < top - 7 * LONG:
        return
    # lkl_switch_stack() pushed six registers, rbp first.
    frame = read_long(sp + 5 * LONG)
    yield read_long(sp + 6 * LONG)
    while stack < frame <= top - 2 * LONG and frame % LONG == 0:
        yield read_long(frame + LONG)
        parent = read_long(frame)
        if parent <= frame:
            return
        frame = parent


def show_backtrace(kernel, task):
    print("%d %s" % (int(task["pid"]), task["comm"].string()))
    cpu = kernel.running(task)
    if cpu is not None:
        print("   current on vCPU %d: see `info threads`, or its stack is"
              " empty (user mode)" % cpu)
        return
    for depth, address in enumerate(backtrace(kernel, task)):
        print("#%-2d 0x%016x %s" % (depth, address, symbol(address)))


class Symbols(gdb.Command):
    """Load the kernel's symbols for every instance: lkl-symbols [VMLINUX]"""

    def __init__(self):
        super().__init__("lkl-symbols", gdb.COMMAND_FILES,
                         gdb.COMPLETE_FILENAME)

    def invoke(self, argument, from_tty):
        path = argument or os.environ.get("LKL_VMLINUX") or self.beside()
        if not path or not os.path.exists(path):
            raise gdb.GdbError("vmlinux not found: give its path")
        for instance in instances():
            base = int(instance["base"])
            if Kernel.loaded(instance):
                continue
            gdb.execute("add-symbol-file %s -o 0x%x" % (path, base),
                        to_string=True)
            print("kernel symbols from %s at 0x%x" % (path, base))

    @staticmethod
    def beside():
        """vmlinux beside liblkl, as the build leaves it."""
        for objfile in gdb.objfiles():
            name = objfile.filename or ""
            if "liblkl" in os.path.basename(name):
                path = os.path.join(os.path.dirname(os.path.realpath(name)),
                                    "vmlinux")
                if os.path.exists(path):
                    return path
        return None


class Ps(gdb.Command):
    """List the tasks of every instance: lkl-ps"""

    def __init__(self):
        super().__init__("lkl-ps", gdb.COMMAND_STATUS)

    def invoke(self, argument, from_tty):
        for instance in instances():
            kernel = Kernel(instance)
            print("instance at 0x%x" % kernel.base)
            print("%5s %5s %-5s %-3s %-16s %s" %
                  ("PID", "TGID", "STATE", "CPU", "COMM", "WAITS IN"))
            for task in kernel.tasks():
                self.line(kernel, task)

    @staticmethod
    def line(kernel, task):
        state = STATES.get(int(task["__state"]), hex(int(task["__state"])))
        cpu = kernel.running(task)
        where = ""
        if cpu is None:
            names = [symbol(a).split("+")[0].strip()
                     for a in backtrace(kernel, task)]
            skip = ("__schedule", "schedule", "__switch_to",
                    "lkl_switch_stack", "schedule_timeout")
            where = next((n for n in names if n.split(" ")[0] not in skip), "")
        info = kernel.thread_info(task)
        print("%5d %5d %-5s %-3d %-16s %s" %
              (int(task["pid"]), int(task["tgid"]),
               state + ("*" if cpu is not None else ""), int(info["cpu"]),
               task["comm"].string(), where))


class Bt(gdb.Command):
    """Show kernel stacks: lkl-bt PID, or lkl-bt all"""

    def __init__(self):
        super().__init__("lkl-bt", gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        if not argument:
            raise gdb.GdbError("lkl-bt PID, or lkl-bt all")
        found = False
        for instance in instances():
            kernel = Kernel(instance)
            for task in kernel.tasks():
                if argument == "all" or int(task["pid"]) == int(argument, 0):
                    show_backtrace(kernel, task)
                    found = True
        if not found:
            raise gdb.GdbError("no task %s" % argument)


class Vcpus(gdb.Command):
    """Show every vCPU: lkl-vcpus"""

    def __init__(self):
        super().__init__("lkl-vcpus", gdb.COMMAND_STATUS)

    def invoke(self, argument, from_tty):
        for instance in instances():
            kernel = Kernel(instance)
            for cpu in range(int(kernel.types["nr_vcpus"])):
                vcpu = kernel.types["vcpu"][cpu]
                if int(vcpu["thread"]["sem"]) != 0:
                    self.line(cpu, vcpu)

    @staticmethod
    def line(cpu, vcpu):
        token = int(vcpu["token"])
        own = int(vcpu["thread"].address)
        if token == 0:
            who = "idle"
        elif token == 1:
            who = "stopped"
        elif token & 1:
            who = "executed by " + ("its own thread" if token - 1 == own
                                    else "host thread %d" % Vcpus.host(token))
        else:
            who = "in user mode of host thread %d" % Vcpus.host(token)
        pending = int(vcpu["pending"])
        names = [n for i, n in enumerate(PENDING) if pending >> i & 1]
        print("vCPU %d: %s%s" % (cpu, who, "; pending: " + " ".join(names)
                                 if names else ""))

    @staticmethod
    def host(token):
        kind = gdb.lookup_type("struct host_thread").pointer()
        return int(gdb.Value(token & ~1).cast(kind)["host_id"])


Symbols()
Ps()
Bt()
Vcpus()
