using System.Diagnostics;
using CoKe.Errors;
using CoKe.Grains.Protocol;

namespace CoKe.Silo;

/// <summary>
/// For tests of processes only: <c>COKE_FAILPOINT=checkpoint.saved:2</c> kills the silo, as kill -9 would, the second time it reaches that
/// place. The names are those of <see cref="Failpoints.All"/>.
/// </summary>
sealed class DeadlyFailpoint(string name, int count) : Failpoints
{
    public const string Variable = "COKE_FAILPOINT";

    int _reached;

    /// <summary>The failpoint that the environment asks for; null when it asks for none.</summary>
    /// <exception cref="InvalidOptionsException">It asks for one that does not exist.</exception>
    public static DeadlyFailpoint? Of(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return null;
        if (text.Split(':') is [var name, var number] && All.Contains(name) && int.TryParse(number, out var count) && count > 0)
            return new DeadlyFailpoint(name, count);
        throw new InvalidOptionsException(
            Variable,
            text,
            $"{Variable}={text} names no failpoint: unset it, or give NAME:COUNT with a count of 1 or more and one of "
                + $"{string.Join(", ", All)}."
        );
    }

    public override ValueTask Reach(string point)
    {
        if (point != name || Interlocked.Increment(ref _reached) != count)
            return default;
        using var self = Process.GetCurrentProcess();
        self.Kill(); // SIGKILL: nothing is flushed, nobody is told
        return new ValueTask(new TaskCompletionSource().Task);
    }
}
