/*
 * What a line of Apple's unified log takes, for compilers without Apple's SDK, whose <os/log.h> this stands in for:
 * the same functions of the system's library, and clang's own formatting.
 */
#ifndef DUET_OS_LOG_H
#define DUET_OS_LOG_H

#include <stdbool.h>
#include <stdint.h>

typedef struct os_log_s *os_log_t;
typedef uint8_t os_log_type_t;

enum {
    OS_LOG_TYPE_DEFAULT = 0x00,
    OS_LOG_TYPE_INFO = 0x01,
    OS_LOG_TYPE_DEBUG = 0x02,
    OS_LOG_TYPE_ERROR = 0x10,
    OS_LOG_TYPE_FAULT = 0x11
};

extern struct mach_header __dso_handle;
extern struct os_log_s _os_log_default;

bool os_log_type_enabled(os_log_t log, os_log_type_t type);
void _os_log_impl(void *image, os_log_t log, os_log_type_t type, const char *format, uint8_t *buffer, uint32_t size);

#define OS_LOG_DEFAULT (&_os_log_default)

#define os_log_with_type(log, type, format, ...)                                                        \
    do {                                                                                                \
        if (os_log_type_enabled(log, type)) {                                                           \
            static const char words[] __attribute__((section("__TEXT,__oslogstring,cstring_literals"))) \
                = format;                                                                               \
            uint8_t buffer[__builtin_os_log_format_buffer_size(format, ##__VA_ARGS__)];                 \
            __builtin_os_log_format(buffer, format, ##__VA_ARGS__);                                     \
            _os_log_impl((void *)&__dso_handle, log, type, words, buffer, (uint32_t)sizeof buffer);     \
        }                                                                                               \
    } while (0)

#define os_log(log, format, ...) os_log_with_type(log, OS_LOG_TYPE_DEFAULT, format, ##__VA_ARGS__)
#define os_log_info(log, format, ...) os_log_with_type(log, OS_LOG_TYPE_INFO, format, ##__VA_ARGS__)
#define os_log_debug(log, format, ...) os_log_with_type(log, OS_LOG_TYPE_DEBUG, format, ##__VA_ARGS__)
#define os_log_error(log, format, ...) os_log_with_type(log, OS_LOG_TYPE_ERROR, format, ##__VA_ARGS__)
#define os_log_fault(log, format, ...) os_log_with_type(log, OS_LOG_TYPE_FAULT, format, ##__VA_ARGS__)

#endif
