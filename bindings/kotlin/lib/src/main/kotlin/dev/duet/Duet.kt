package dev.duet

/** What concerns the whole process. */
public object Duet {
    /** The library's version, `major.minor.patch`. */
    public val version: String get() = NativeMedia.version()

    /**
     * Sends the log of all engines to [sink], on whatever thread writes it, in the place of the one before. With null it
     * goes to the system's log, where it goes before the first call, too: on Android it is in logcat under the tag `duet`,
     * warnings and errors only unless a level was set; the JVM elsewhere has none. Descriptions of connections, addresses
     * and user data appear at debug and trace only.
     *
     * @param level what is above it is not logged.
     */
    public fun setLog(level: LogLevel, sink: ((level: LogLevel, target: String, message: String) -> Unit)?) {
        nativeSetLog(
            level,
            sink?.let {
                object : NativeLogSink {
                    override fun log(level: LogLevel, target: String, message: String) = it(level, target, message)
                }
            },
        )
    }

    /** Changes how much is logged, at any time. */
    public fun setLogLevel(level: LogLevel): Unit = nativeSetLogLevel(level)
}
