using System.Text;
using CoKe.Errors;

namespace CoKe.Display;

/// <summary>
/// The door of a process's plain output: what is written is shown and steers nothing, see <see cref="VisibleText"/>. A line that is written
/// as one stays one.
/// </summary>
/// <param name="below">Where it goes.</param>
public sealed class VisibleWriter(TextWriter below) : TextWriter
{
    /// <inheritdoc/>
    public override Encoding Encoding => below.Encoding;

    /// <inheritdoc/>
    public override void Write(char value) => below.Write(VisibleText.Of($"{value}"));

    /// <inheritdoc/>
    public override void Write(string? value) => below.Write(VisibleText.Of(value ?? ""));

    /// <inheritdoc/>
    public override void Write(char[] buffer, int index, int count) => Write(new string(buffer, index, count));

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<char> buffer) => Write(new string(buffer));

    /// <inheritdoc/>
    public override void WriteLine() => below.WriteLine();

    /// <inheritdoc/>
    public override void WriteLine(string? value) => below.WriteLine(VisibleText.Line(value ?? ""));

    /// <inheritdoc/>
    public override Task WriteLineAsync(string? value) => below.WriteLineAsync(VisibleText.Line(value ?? ""));

    /// <inheritdoc/>
    public override void Flush() => below.Flush();

    /// <inheritdoc/>
    public override Task FlushAsync() => below.FlushAsync();
}
