"""Frames of clients as ots-listen tells them, for tests of ots-store.

positions A B: one position for each number, from ten clients
hostile: what clients have sent to hurt; each has one uid hostile-N
"""
import sys
import time

TIMES = ('time="2024-05-06T07:08:09Z" start="2024-05-06T07:08:09Z" '
         'stale="2024-05-06T07:09:09Z"')
POINT = '<point lat="1.5" lon="2.5" hae="3" ce="4" le="5"/>'


def escape(text):
    for a, b in (('\\', '\\\\'), ('\t', '\\t'), ('\n', '\\n'), ('\r', '\\r')):
        text = text.replace(a, b)
    return text


def frame(conn, xml, user=None, t=None):
    fields = ['ev:frame', 'conn:' + conn, 'via:tls',
              't:%d' % (t or time.time_ns() // 1000)]
    if user:
        fields.append('user:' + escape(user))
    sys.stdout.write('\t'.join(fields) + '\txml:' + escape(xml) + '\n')


def event(uid, detail, kind='a-f-G-U-C', times=TIMES, point=POINT):
    return ('<event version="2.0" uid="%s" type="%s" how="m-g" %s>%s'
            '<detail>%s</detail></event>' % (uid, kind, times, point, detail))


def positions(a, b):
    for n in range(a, b + 1):
        frame('n.%d.1' % (n % 10), event(
            'uid-%d' % n,
            '<contact callsign="c%d" endpoint="*:-1:stcp"/>'
            '<track speed="1" course="%d"/><status battery="%d"/>'
            % (n, n % 360, n % 100)))


def quoted(text):
    for a, b in (('&', '&amp;'), ('<', '&lt;'), ('"', '&quot;'),
                 ("'", '&apos;')):
        text = text.replace(a, b)
    return text


SQL = quoted("x'); DROP TABLE ots_events; --\\\"$1 %s\\N \U0001f4a3")


def chat(uid, text, room='All Chat Rooms'):
    return event(
        uid, '<__chat id="%s" chatroom="%s" senderCallsign="A">'
        '<chatgrp uid0="D1" uid1="%s"/></__chat><remarks>%s</remarks>'
        % (room, room, room, text), 'b-t-f')


def hostile_docs():
    """(connection, event) for each."""
    contact = '<contact callsign="%s" endpoint="*:-1:stcp"/>%s'
    a, b = 'n.50.1', 'n.51.1'
    return [
        # Who sends all this.
        (a, event('hostile-1', contact % ('A', '<__group name="Plaid" '
                                          'role="Jester"/>'))),
        # The same callsign, then the same uid, of another user.
        (b, event('hostile-2', contact % ('A', ''))),
        (b, event('hostile-1', contact % ('B', ''))),
        (a, chat('hostile-3', 'x' * 300000)),
        (a, event('hostile-4', '', times=TIMES.replace(
            '09Z', '09.123456789+02:00'))),
        (a, event('hostile-5', '', times=TIMES.replace(
            'stale="2024', 'stale="9999'))),
        (a, event('hostile-6', '', times=TIMES.replace(
            'time="2024', 'time="1900'))),
        # SQL in every field.
        (a, event('hostile-7' + SQL, contact % (SQL, (
            '<__group name="%s" role="%s"/><takv device="%s" os="%s"/>'
            '<remarks>%s</remarks>') % ((SQL,) * 5)))),
        (a, chat('hostile-8', SQL, SQL)),
        (a, event('hostile-9', '<_medevac_ title="%s" %s="1" urgent="%s">'
                  '<zMist z="%s"/></_medevac_>' % (SQL, 'a' * 200, SQL, SQL),
                  'b-r-f-h-c')),
        (a, event('hostile-10', '<__video url="%s"/>' % SQL)),
        (a, event('hostile-11', '<fileshare filename="%s"/>' % SQL,
                  'b-f-t-r')),
        (a, event('hostile-12', '<emergency type="%s">%s</emergency>'
                  % (SQL, SQL), 'b-a-o-tbl')),
        (a, event('hostile-13', '<stats battery="%s"/>' % SQL, 't-x-c-m')),
        (a, event('hostile-14', '<link uid="%s"/><link uid="hostile-7"/>'
                  % SQL, 't-x-d-d')),
        (a, event('hostile-15', '', 'b-m-r', point='<point lat="0" lon="0" '
                  'hae="1e300" ce="-1e-300" le="9999999"/>')),
        (a, event('hostile-16', '<remarks>&#9;&#10;&#13;\U0010ffff</remarks>',
                  'u-d-f')),
        (a, event('hostile-17', '<a>' * 60 + '</a>' * 60)),
        # Texts of its own are no keys of ours.
        (a, event('hostile-18', '<track speed="1e308" course="nan"/>'
                  '<status battery="99999999999999999999"/>')),
        (a, event('hostile-19', contact % ('n' * 1024, ''), 'a-' + 'x' * 120)),
        (a, event('hostile-20', '', 'a-f-G;DROP')),
    ]


def hostile():
    for conn, doc in hostile_docs():
        frame(conn, doc, SQL if conn == 'n.50.1' else 'mallory')


if __name__ == '__main__':
    sys.stdout.reconfigure(encoding='utf-8', newline='\n')
    if sys.argv[1] == 'positions':
        positions(int(sys.argv[2]), int(sys.argv[3]))
    else:
        hostile()
