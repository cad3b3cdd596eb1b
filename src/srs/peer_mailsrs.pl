#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# Mail::SRS as a peer: a line of WAY, TIME, FORWARDER, SEPARATOR, HASH LENGTH, ADDRESS, SECRET..., parted by tabs, gives
# a line with the address, or `! why`. Exits with 77 when there is no Mail::SRS.
use strict;
use warnings;

my $now;
BEGIN { *CORE::GLOBAL::time = sub { $now } }
BEGIN { eval { require Mail::SRS; 1 } or exit 77 }

$| = 1;
local $SIG{__WARN__} = sub { };
while (my $line = <STDIN>) {
    chomp $line;
    next if $line eq "";
    my ($way, $time, $forwarder, $separator, $length, $address, @secrets) = split /\t/, $line, -1;
    $now = $time;
    my $srs = Mail::SRS->new(Secret => \@secrets, Separator => $separator, HashLength => $length, HashMin => 4);
    my $result = eval { $way eq 'forward' ? $srs->forward($address, $forwarder) : $srs->reverse($address) };
    my $why = $@;
    $why =~ s/\s+/ /g;
    print defined $result ? $result : "! $why", "\n";
}
