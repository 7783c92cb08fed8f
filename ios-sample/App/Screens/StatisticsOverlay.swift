import CallCore
import SwiftUI

/// The statistics over the pictures.
struct StatisticsOverlay: View {
    let rows: [StatisticsTable.Row]

    var body: some View {
        Grid(alignment: .leading, horizontalSpacing: 12, verticalSpacing: 2) {
            ForEach(rows, id: \.word) { row in
                GridRow {
                    row.word.text
                    Text(row.value).monospacedDigit()
                }
            }
        }
        .font(.caption)
        .padding(8)
        .background(.black.opacity(0.5), in: RoundedRectangle(cornerRadius: 8))
        .accessibilityElement(children: .combine)
    }
}
