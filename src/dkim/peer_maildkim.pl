#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
#
# Mail::DKIM as a peer of differ_dkim.py: peer_maildkim.pl RECORDS NOW
#
# Records, jobs and answers are those of peer_opendkim.c. Mail::DKIM signs the fields that NAMES and OVERSIGNED name,
# and others of its own choice; it knows no l= when it signs, and no NOW.
use strict;
use warnings;

use Mail::DKIM::DNS;
use Mail::DKIM::Signer;
use Mail::DKIM::Verifier;
use Net::DNS;

# A resolver that knows the records of selectors, whatever the domain.
package Records {
    sub new {
        my ($class, $path) = @_;
        my %texts;
        open my $file, '<', $path or die "$path: $!\n";
        while (<$file>) {
            chomp;
            my ($selector, $text) = split /\t/, $_, 2;
            $texts{$selector} = $text;
        }
        return bless \%texts, $class;
    }

    sub send {
        my ($self, $name, $type) = @_;
        my $packet = Net::DNS::Packet->new($name, $type);
        my $text = $self->{(split /\._domainkey\./, $name)[0]};
        $packet->header->qr(1);
        if (defined $text) {
            my @strings = $text =~ /(.{1,250})/g;
            my $record = Net::DNS::RR->new(owner => $name, type => 'TXT', txtdata => [@strings ? @strings : '']);
            $packet->push(answer => $record);
        } else {
            $packet->header->rcode('NXDOMAIN');
        }
        return $packet;
    }
}

package main;

sub slurp {
    my ($path) = @_;
    open my $file, '<:raw', $path or die "$path: $!\n";
    local $/;
    my $text = <$file>;
    return defined $text ? $text : '';
}

sub verify {
    my ($path) = @_;
    my $verifier = Mail::DKIM::Verifier->new(Strict => 1);
    $verifier->PRINT(slurp($path));
    $verifier->CLOSE;
    return join ' ', map { $_->selector } grep { ($_->result || '') eq 'pass' } $verifier->signatures;
}

sub sign {
    my ($path, $selector, $domain, $key, $algorithm, $canons, $names, $oversigned) = @_;
    my $signer = Mail::DKIM::Signer->new(
        Algorithm => $algorithm, Method => $canons, Domain => $domain, Selector => $selector, KeyFile => $key);
    my %wanted = map { $_ => '*' } split /:/, $names;
    $wanted{$_} = '+' for split /:/, $oversigned;
    $signer->extended_headers(\%wanted);
    $signer->PRINT(slurp($path));
    $signer->CLOSE;
    my $field = $signer->signature->as_string;
    $field =~ s/^DKIM-Signature://;
    return unpack 'H*', $field;
}

Mail::DKIM::DNS::resolver(Records->new($ARGV[0]));
$| = 1;
while (my $line = <STDIN>) {
    chomp $line;
    my ($what, @words) = split /\t/, $line, -1;
    my $answer = eval { $what eq 'sign' ? sign(@words) : verify(@words) };
    print defined $answer ? $answer : '', "\n";
}
