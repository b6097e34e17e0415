/* Settings that the build decides. */
#pragma once

#ifndef SETTING_INSTALLED_RULES
#define SETTING_INSTALLED_RULES "/usr/local/share/trawl/rules"
#endif
