using CoKe.Grains.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace CoKe.Silo.Tests.Hosting;

public sealed class VisibleLogLinesTests
{
    [Fact]
    public void Write_WhatAStrangerSaid_IsOneLineThatSteersNothing()
    {
        using var output = new StringWriter();
        var error = new InvalidOperationException("Peer said \u001b]0;x\u0007.\nfail: all is lost");

        new VisibleLogLines(new At(new DateTimeOffset(2024, 3, 2, 1, 2, 3, 45, TimeSpan.Zero))).Write(
            new LogEntry<string>(LogLevel.Warning, "CoKe.Some", new EventId(7), "refused \u009b31m\u202e", error, (state, _) => state),
            null,
            output
        );

        Assert.Equal(
            "2024-03-02T01:02:03.045Z warn: CoKe.Some[7] refused \\u009b31m\\u202e System.InvalidOperationException: "
                + $"Peer said \\u001b]0;x\\u0007. fail: all is lost{Environment.NewLine}",
            output.ToString()
        );
    }

    sealed class At(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
