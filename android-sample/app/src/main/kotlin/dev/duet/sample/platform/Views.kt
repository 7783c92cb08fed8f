package dev.duet.sample.platform

import android.app.Activity
import android.view.View

/** A view that the layout has; that it is missing is a mistake in the layout. */
fun <T : View> Activity.part(id: Int): T = checkNotNull(findViewById<T>(id)) { "no view ${resources.getResourceName(id)}" }

/** As for activities. */
fun <T : View> View.part(id: Int): T = checkNotNull(findViewById<T>(id)) { "no view ${resources.getResourceName(id)}" }
