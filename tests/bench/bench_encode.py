"""What it costs ots-parse to make protobuf of every event, beside the whole
that it does. For tests/bench/run --only encode."""
import os
import re
import resource
import subprocess
import tempfile

import e2e

EVENTS = 100000
BENCH = os.path.join(os.path.dirname(e2e.BIN), "bench", "ots-bench-pb")
FRAME = (
    "ev:frame\tconn:local.%d.1\tvia:tcp\tt:1714979289123456\txml:"
    "<event version='2.0' uid='ANDROID-%032d' type='a-f-G-U-C' how='m-g' "
    "time='2024-05-06T07:08:09.123Z' start='2024-05-06T07:08:09.123Z' "
    "stale='2024-05-06T07:14:24.123Z'><point lat='48.5%04d' "
    "lon='-122.25%04d' hae='30.25' ce='5.5' le='9999999.0'/>"
    "<detail><takv device='GOOGLE PIXEL 7' platform='ATAK-CIV' os='34' "
    "version='5.5.0.3 (1a2b3c4d).1714979289-CIV'/><contact "
    "endpoint='*:-1:stcp' callsign='ALPHA %d'/><uid Droid='ALPHA %d'/>"
    "<precisionlocation geopointsrc='GPS' altsrc='GPS'/><__group "
    "name='Cyan' role='Team Member'/><status battery='87'/><track "
    "speed='1.5' course='270.25'/></detail></event>\n")


def steps():
    """Microseconds of CPU of each step, as ots-bench-pb has it."""
    out = subprocess.run([BENCH, str(EVENTS)], stdout=subprocess.PIPE,
                         check=True, text=True).stdout
    return dict(re.findall(r"(\w+)=(\S+)", out))


def whole(frames, *args):
    """Microseconds of CPU that ots-parse takes for each event."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with open(frames) as f:
        subprocess.run([os.path.join(e2e.BIN, "ots-parse"), "--input",
                        "record", *args], stdin=f, check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu * 1e6 / EVENTS


def run(line):
    step = steps()
    line(**step)
    second = float(step["encode_us"]) + float(step["base64_us"])
    with tempfile.NamedTemporaryFile("w") as f:
        for i in range(EVENTS):
            k = i % 1000
            f.write(FRAME % (k, k, k, k, k, k))
        f.flush()
        both = min(whole(f.name) for _ in range(3))
    line(bench="encode", events=EVENTS, parse_us="%.2f" % both,
         events_per_s="%.0f" % (1e6 / both),
         second_encoding_us="%.2f" % second,
         without_us="%.2f" % (both - second),
         events_per_s_without="%.0f" % (1e6 / (both - second)),
         added="%.1f%%" % (100 * second / (both - second)))
