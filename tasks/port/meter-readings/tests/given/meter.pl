#!/usr/bin/perl
# overhang canary bc378ecd0c48e7d7b172ef2ae4fa4174
# meter.pl [-w WIDTH] [-r]: report on meter readings, one a line: ID,READING[,NOTE...]
# An empty ID is the one after the last. Lines that start with # are comments.
use strict;

my $width = 20;
my $reverse = 0;
while (@ARGV) {
    my $option = shift @ARGV;
    if ($option eq '-w' && @ARGV) { $width = shift(@ARGV) + 0 }
    elsif ($option eq '-r') { $reverse = 1 }
    else { print STDERR "usage: meter.pl [-w WIDTH] [-r]\n"; exit 2 }
}
exit 3 if $width < 1 || $width > 100;
$width = int $width;

my (%sum, %count, %last, %notes, %group, $id);
$id = 'a0';
my $lines = 0;
while (my $line = <STDIN>) {
    chomp $line;
    next if $line =~ /^#/ || $line eq '';
    $lines++;
    my @field = split /,/, $line;
    if (!@field) {
        print "line $lines: nothing\n";
        next;
    }
    my $given = shift @field;
    if ($given eq '') { $id++ } else { $id = $given }
    if (!@field) {
        print "line $lines: no reading for $id\n";
        next;
    }
    my $value = shift @field;
    my $scale = 1;
    $scale = 1000 if $value =~ /^\s*-?[0-9.]+\s*k/i;
    $sum{$id} += $value * $scale;
    $count{$id}++;
    $last{$id} = $value;
    $notes{$id} .= (length $notes{$id} ? '; ' : '') . join ' ', @field if @field;
    my ($letters) = $id =~ /^([A-Za-z]*)/;
    $group{ucfirst lc $letters}{$id} = 1;
}

my $top = 0;
for my $key (keys %sum) {
    $top = abs $sum{$key} if abs $sum{$key} > $top;
}

my @ids = sort { $sum{$b} <=> $sum{$a} || $a cmp $b } keys %sum;
@ids = reverse @ids if $reverse;
for my $key (@ids) {
    my $bar = $top ? int($sum{$key} / $top * $width) : 0;
    printf "%-8s %12s %3d x %8.2f last=%s %s%s\n", substr($key, 0, 8), $sum{$key}, $count{$key},
        $sum{$key} / $count{$key}, $last{$key} + 0, $bar < 0 ? '-' x -$bar : '#' x $bar,
        defined $notes{$key} ? " ($notes{$key})" : '';
}

print "\n";
my $all = 0;
for my $name (sort keys %group) {
    my @members = sort keys %{ $group{$name} };
    my $total = 0;
    $total += $sum{$_} for @members;
    $all += $total;
    my $label = $name eq '' ? '?' : $name;
    print "$label: ", scalar @members, " ", $total, " [", join('|', @members), "] mod 7: ", $total % 7,
        " rounded ", sprintf('%.0f', $total), "/", int($total + 0.5), "\n";
}
print "all: ", $all, " ", $all / ($lines || 1), " next ", ++$id, "\n";
exit($all < 0 ? 1 : 0);
