# The portal of LemonLDAP::NG with the accounts of a test in place of its demonstration's.
use strict;
use warnings;
use JSON qw(from_json);

use Lemonldap::NG::Portal::UserDB::Demo;
{
    open my $file, '<:encoding(UTF-8)', $ENV{LLNG_TEST_ACCOUNTS} or die "accounts: $!";
    local $/;
    my $accounts = from_json(<$file>);
    no warnings 'once';
    %Lemonldap::NG::Portal::UserDB::Demo::demoAccounts =
      map { $_ => { uid => $_, %{ $accounts->{$_} } } } keys %$accounts;
    %Lemonldap::NG::Portal::UserDB::Demo::demoGroups = ();
}

# A captcha is always loaded, wanted or not, and Debian's wants a drawing library.
package Lemonldap::NG::Portal::Captcha::None;
use Mouse;
extends 'Lemonldap::NG::Portal::Main::Plugin';
sub init { return 1 }
$INC{'Lemonldap/NG/Portal/Captcha/None.pm'} = __FILE__;

package main;
use Lemonldap::NG::Portal::Main;
Lemonldap::NG::Portal::Main->run( {} );
