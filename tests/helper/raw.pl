#!/usr/bin/perl
# raw.pl - a client without opinions, for tests of servers.
#   raw.pl PORT IN GOT
# Connects to that port of 127.0.0.1. What is written to the FIFO IN, by
# anybody and as often as he likes, goes there; what comes goes to the file GOT.
# It ends when the server closes.
use strict;
use warnings;
use Fcntl;
use IO::Handle;
use IO::Select;
use IO::Socket::INET;

my ($port, $in_name, $got_name) = @ARGV;
my $server = IO::Socket::INET->new(
	PeerAddr => '127.0.0.1', PeerPort => $port) or die "cannot connect: $!";
# Both ways, so that neither end waits for the other, and it never ends.
sysopen my $in, $in_name, O_RDWR or die "cannot open $in_name: $!";
open my $out, '>:raw', $got_name or die "cannot open $got_name: $!";
$out->autoflush(1);
binmode $server;
my $select = IO::Select->new($server, $in);
while (1) {
	for my $ready ($select->can_read) {
		sysread $ready, my $bytes, 65536 or exit 0;
		if ($ready == $server) {
			print $out $bytes;
		} else {
			print $server $bytes;
			$server->flush;
		}
	}
}
