#!/usr/bin/perl
# dialog.pl - the other side of a connection, by a script, for tests of clients.
#   dialog.pl PORT_FILE GOT_FILE STEP [ARG] ...
# Listens on a free port of 127.0.0.1, whose number goes to PORT_FILE, and takes
# one connection. What it gets goes to GOT_FILE as it comes. The steps:
#   send FILE     its bytes
#   await REGEX   until what was got matches
#   touch FILE    make it
#   file FILE     until it is there
#   quiet         read on for 0.3 s
#   close         at once
# Without close, in the end it reads until the client closes.
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;
use Time::HiRes qw(sleep time);

my ($where, $got_file, @steps) = @ARGV;
alarm 60;
my $listener = IO::Socket::INET->new(
	LocalAddr => '127.0.0.1', LocalPort => 0, Listen => 1) or die;
open my $out, '>:raw', $got_file or die;
$out->autoflush(1);
open my $f, '>', "$where.new" or die;
print $f $listener->sockport, "\n";
close $f;
rename "$where.new", $where or die;
my $client = $listener->accept or die;
my $select = IO::Select->new($client);
my $got = '';

# What is there within so many seconds; false: the end.
sub get {
	my ($seconds) = @_;
	return 1 unless $select->can_read($seconds);
	my $n = $client->sysread(my $part, 65536) or return 0;
	print $out $part;
	$got .= $part;
	return $n;
}

while (defined(my $step = shift @steps)) {
	if ($step eq 'send') {
		local $/;
		open my $in, '<:raw', shift @steps or die;
		my $text = <$in>;
		$client->print($text) if defined $text;
		$client->flush;
	} elsif ($step eq 'await') {
		my $regex = shift @steps;
		until ($got =~ /$regex/s) {
			get(1) or exit 1;
		}
	} elsif ($step eq 'touch') {
		open my $new, '>', shift @steps or die;
	} elsif ($step eq 'file') {
		my $file = shift @steps;
		sleep 0.02 until -e $file;
	} elsif ($step eq 'quiet') {
		my $end = time + 0.3;
		while ((my $left = $end - time) > 0) {
			get($left) or exit 1;
		}
	} elsif ($step eq 'close') {
		exit 0;
	} else {
		die "unknown step: $step";
	}
}
1 while get(1);
