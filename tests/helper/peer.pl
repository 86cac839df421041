#!/usr/bin/perl
# peer.pl - the other side of a connection, for tests of clients.
#   peer.pl PORT_FILE|unix:PATH SEND_FILE GOT_FILE [close]
# Listens on a free port of 127.0.0.1, whose number goes to PORT_FILE, or on a
# Unix socket; takes one connection, sends SEND_FILE, and with `close` closes at
# once; else writes what it gets to GOT_FILE until the client closes.
use strict;
use warnings;
use IO::Socket::INET;
use IO::Socket::UNIX;

my ($where, $send, $got, $close) = @ARGV;
my $listener;
alarm 60;
if ($where =~ s/^unix://) {
	$listener = IO::Socket::UNIX->new(Local => $where, Listen => 1);
} else {
	$listener = IO::Socket::INET->new(
		LocalAddr => '127.0.0.1', LocalPort => 0, Listen => 1);
	open my $f, '>', "$where.new" or die;
	print $f $listener->sockport, "\n";
	close $f;
	rename "$where.new", $where or die;
}
my $client = $listener->accept or die;
{
	local $/;
	open my $f, '<', $send or die;
	my $text = <$f>;
	$client->print($text) if defined $text;
	$client->flush;
}
exit 0 if $close;
open my $out, '>', $got or die;
$out->autoflush(1);
while ($client->sysread(my $part, 65536)) {
	print $out $part;
}
