# LemonLDAP::NG's portal as an identity provider of a test. Its configuration is named by
# LLNG_DEFAULTCONFFILE, in a folder of the test.
use strict;

# The portal always loads a captcha; its own wants libraries that draw pictures, for a
# page that no test opens.
package Lemonldap::NG::Portal::Captcha::None;
use Mouse;
extends 'Lemonldap::NG::Common::Module';
sub init { return 1 }
$INC{'Lemonldap/NG/Portal/Captcha/None.pm'} = __FILE__;

package main;
use Lemonldap::NG::Portal::Main;

Lemonldap::NG::Portal::Main->run({});
