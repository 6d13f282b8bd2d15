"""Stands in for an agent in tests of who may speak as the user: does what it is told, one step after the other.

    python3 agent_stand_in.py NAME STEPS.json      NAME becomes the short name of the process

A step: {"argv": […], "input": "text", "stdout": "socket"?, "wait": false?}. With "stdout" "socket" the child's output leads
here by a socket, as Claude Code starts its hooks; else by a pipe. Without "wait" false the child has ended before the next.
"""
import ctypes
import json
import socket
import subprocess
import sys

PR_SET_NAME = 15


def run(step):
    mine, theirs = socket.socketpair() if step.get("stdout") == "socket" else (None, subprocess.PIPE)
    child = subprocess.Popen(step["argv"], stdin=subprocess.PIPE, stdout=theirs, stderr=subprocess.DEVNULL)
    if mine:
        theirs.close()
    try:
        child.stdin.write(step.get("input", "").encode())
        child.stdin.close()
    except BrokenPipeError:
        pass
    if step.get("wait", True):
        child.wait()
        return None, mine
    return child, mine


def main():
    ctypes.CDLL(None).prctl(PR_SET_NAME, sys.argv[1].encode())
    kept = [run(step) for step in json.load(open(sys.argv[2]))]
    for child, _ in kept:
        if child:
            child.wait()


main()
