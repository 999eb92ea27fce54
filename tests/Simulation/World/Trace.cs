using System.Globalization;
using System.Runtime.CompilerServices;

namespace CoKe.Simulation;

/// <summary>What happened, one line each: "time  who  what". Costs a branch while it is off.</summary>
public sealed class Trace(World world, bool on, int capacity = 1_000_000)
{
    readonly Queue<string> _lines = [];

    /// <summary>Whether lines are kept.</summary>
    public bool On { get; set; } = on;

    /// <summary>The last lines, oldest first.</summary>
    public IReadOnlyCollection<string> Lines => _lines;

    /// <summary>Adds a line; the string is built only while the trace is on.</summary>
    public void Add([InterpolatedStringHandlerArgument("")] ref TraceLine line)
    {
        if (On)
            Store(line.ToStringAndClear());
    }

    /// <summary>Adds a constant line.</summary>
    public void Add(string line)
    {
        if (On)
            Store(line);
    }

    void Store(string line)
    {
        if (_lines.Count == capacity)
            _lines.Dequeue();
        _lines.Enqueue(string.Create(CultureInfo.InvariantCulture, $"{world.Now.TotalSeconds:F7}  {world.Current?.Name ?? "-"}  {line}"));
    }
}

/// <summary>Builds a trace line, or nothing while the trace is off.</summary>
[InterpolatedStringHandler]
public ref struct TraceLine
{
    DefaultInterpolatedStringHandler _line;

    /// <summary>Called by the compiler.</summary>
    public TraceLine(int literalLength, int formattedCount, Trace trace, out bool on)
    {
        on = trace.On;
        if (on)
            _line = new DefaultInterpolatedStringHandler(literalLength, formattedCount, CultureInfo.InvariantCulture);
    }

    /// <summary>Called by the compiler.</summary>
    public void AppendLiteral(string value) => _line.AppendLiteral(value);

    /// <summary>Called by the compiler.</summary>
    public void AppendFormatted<T>(T value, string? format = null) => _line.AppendFormatted(value, format);

    internal string ToStringAndClear() => _line.ToStringAndClear();
}
