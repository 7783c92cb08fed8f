package dev.duet.sample

import android.app.Application
import android.content.Context
import android.content.Intent
import android.os.Build
import android.os.SystemClock
import dev.duet.CallOptions
import dev.duet.DuetException
import dev.duet.Engine
import dev.duet.Session
import dev.duet.SessionConfig
import dev.duet.SessionEvent
import dev.duet.SessionState
import dev.duet.sample.logic.Account
import dev.duet.sample.logic.AudioRouter
import dev.duet.sample.logic.CallController
import dev.duet.sample.logic.CallNotifications
import dev.duet.sample.logic.CallUi
import dev.duet.sample.logic.DuetLine
import dev.duet.sample.logic.Granted
import dev.duet.sample.logic.NetworkMonitor
import dev.duet.sample.logic.Permission
import dev.duet.sample.logic.PushHandler
import dev.duet.sample.logic.Pushed
import dev.duet.sample.logic.Ring
import dev.duet.sample.logic.Route
import dev.duet.sample.logic.RouteKind
import dev.duet.sample.logic.Stage
import dev.duet.sample.logic.WakePort
import dev.duet.sample.platform.AndroidMedia
import dev.duet.sample.platform.MainThread
import dev.duet.sample.platform.NetworkWatch
import dev.duet.sample.platform.Notifier
import dev.duet.sample.platform.Permissions
import dev.duet.sample.platform.PowerWatch
import dev.duet.sample.platform.RouteEvents
import dev.duet.sample.platform.Routes
import dev.duet.sample.platform.ScreenWatch
import dev.duet.sample.platform.TelecomCalls
import dev.duet.sample.platform.TelecomEvents
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.launch
import kotlin.time.Duration.Companion.milliseconds

/** Ties the logic to the platform; all of a process's calls pass through here. For the main thread. */
class App : Application(), TelecomEvents, RouteEvents, WakePort {
    /** Ends with the process. */
    val scope = CoroutineScope(SupervisorJob() + MainThread)
    private val engine by lazy { Engine() }
    private val store by lazy { getSharedPreferences("account", Context.MODE_PRIVATE) }
    private val push by lazy { PushHandler(this, System::currentTimeMillis) }
    private val connected = MutableStateFlow(false)
    private val routed = MutableStateFlow<RouteKind?>(null)
    private var session: Session? = null
    private var listening: Job? = null
    private var background = true
    private var service: CallService? = null

    lateinit var controller: CallController
        private set
    lateinit var router: AudioRouter
        private set
    lateinit var media: AndroidMedia
        private set
    lateinit var telecom: TelecomCalls
        private set
    lateinit var notifier: Notifier
        private set

    /** Whether the service knows us. */
    val online: StateFlow<Boolean> = connected.asStateFlow()

    /** Where the call sounds. */
    val route: StateFlow<RouteKind?> = routed.asStateFlow()

    /** Who is signed in. */
    var account: Account?
        get() = store.getString("server", null)?.let { Account(it, store.getString("name", null).orEmpty()) }
        set(value) = store.edit().putString("server", value?.server).putString("name", value?.name).apply()

    /** Who was rung lately, the last first. */
    val recent: List<String> get() = store.getString("recent", null).orEmpty().split('\n').filter { it.isNotEmpty() }

    override fun onCreate() {
        super.onCreate()
        notifier = Notifier(this).apply { createChannels() }
        telecom = TelecomCalls(this, this).apply { register() }
        media = AndroidMedia(
            this,
            cameraLost = { controller.cameraLost() },
            microphoneLost = { controller.microphoneLost() },
            sharingStopped = { controller.sharingStopped() },
        )
        router = AudioRouter(Routes(this, this)) { current: Route?, _ -> routed.value = current?.kind }
        controller = CallController(
            scope, Dispatchers.IO, media, router, telecom,
            tellEngine = { engine.deviceNews(it) },
            clock = SystemClock::elapsedRealtime,
        )
        refreshPermissions()
        NetworkWatch(this, NetworkMonitor(changed = { engine.networkChanged() }, online = {}))
        PowerWatch(this, controller::powerSave, controller::heat).start()
        registerActivityLifecycleCallbacks(
            ScreenWatch {
                background = it
                controller.background(it)
            },
        )
        scope.launch {
            var before = CallUi()
            controller.ui.collect { now ->
                follow(before, now)
                before = now
            }
        }
    }

    /** Signs in, and stays so until [signOut]. */
    fun signIn(account: Account) {
        signOut()
        this.account = account
        openSession()
    }

    fun signOut() {
        controller.hangUp()
        account = null
        drop()
    }

    /** Rings; null, or why it cannot be. */
    fun ring(who: String, video: Boolean): DuetException? = place {
        store.edit().putString("recent", (listOf(who) + recent.filter { it != who }).take(RECENT).joinToString("\n")).apply()
        controller.place(DuetLine(it.ring(who, CallOptions(video = video)), scope))
    }

    /** Enters a room; null, or why it cannot be. */
    fun join(room: String): DuetException? = place { controller.place(DuetLine(it.join(room), scope), room) }

    /** A push message came: hand in its fields from whatever service carried it. */
    fun pushed(data: Map<String, String>): Pushed = push.received(data)

    /** The person may have granted something. */
    fun refreshPermissions() {
        val granted = granted()
        controller.permissions(granted.microphone, granted.camera)
    }

    fun granted() = Granted(
        microphone = Permissions.isGranted(this, Permission.MICROPHONE),
        camera = Permissions.isGranted(this, Permission.CAMERA),
    )

    /** The service of a call runs, or stopped. */
    fun serviceRuns(running: CallService?) {
        service = running
        if (running == null) media.serviceRuns(screen = false)
    }

    override fun openSession(): Boolean {
        val who = account ?: return false
        if (session != null && session?.state?.value != SessionState.CLOSED) return true
        drop()
        // Whoever leaves a room can be met there again.
        val opened = try {
            engine.session(who.server, SessionConfig(who.name, roomStay = true))
        } catch (_: DuetException) {
            return false
        }
        session = opened
        listening = scope.launch {
            opened.events.collect { event ->
                when (event) {
                    is SessionEvent.State -> connected.value = event.state == SessionState.CONNECTED
                    is SessionEvent.Incoming -> controller.arrive(DuetLine(event.call, scope))
                    is SessionEvent.Failed -> connected.value = false
                }
            }
        }
        return true
    }

    override fun expect(ring: Ring) {
        try {
            session?.expectCall(ring.id, ring.from, audio = true, ring.video, ring.expiresInMs.milliseconds)
        } catch (_: DuetException) {
            // The invite itself was faster, or the session is over.
        }
    }

    override fun answered(video: Boolean) = controller.accept(video)
    override fun declined() = controller.decline()
    override fun hungUp() = controller.hangUp()
    override fun held(on: Boolean) = controller.phoneCall(on)
    override fun devicesChanged() = router.devicesChanged()
    override fun selected(route: Route, success: Boolean) = router.selected(route, success)

    override fun focus(has: Boolean) {
        controller.audioFocus(has)
        // Before API 31 nothing else tells that a telephone call is over.
        if (has && Build.VERSION.SDK_INT < Build.VERSION_CODES.S) controller.phoneCall(false)
    }

    override fun phoneCall(on: Boolean) = controller.phoneCall(on)

    private fun place(body: (Session) -> Unit): DuetException? =
        try {
            openSession()
            session?.let(body)
            if (session == null) DuetException.Closed("nobody is signed in") else null
        } catch (error: DuetException) {
            error
        }

    private fun drop() {
        listening?.cancel()
        session?.close()
        session = null
        connected.value = false
    }

    /** Notification, service and screens follow the call. */
    private fun follow(before: CallUi, now: CallUi) {
        CallNotifications.missed(before, now)?.let(notifier::showMissed)
        val plan = CallNotifications.of(now, granted())
        val running = service
        when {
            plan == null -> running?.end()
            running != null -> running.show(plan)
            else -> CallService.start(this)
        }
        if (before.stage == now.stage || background) return
        val screen = when {
            now.stage == Stage.INCOMING -> IncomingActivity::class.java
            now.joined && !before.joined -> CallActivity::class.java
            else -> return
        }
        startActivity(Intent(this, screen).addFlags(Intent.FLAG_ACTIVITY_NEW_TASK))
    }

    companion object {
        private const val RECENT = 8

        fun of(context: Context): App = context.applicationContext as App
    }
}
