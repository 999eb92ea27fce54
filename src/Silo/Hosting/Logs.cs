using CoKe.Grains.Hosting;

namespace CoKe.Silo.Hosting;

/// <summary>What is worth a line: everything of CoKe from the level that was asked for, of the frameworks below it only what is
/// worse.</summary>
static class Logs
{
    public static void Configure(ILoggingBuilder logging, LogLevel level, StartWatch start)
    {
        var frameworks = level switch
        {
            LogLevel.Trace or LogLevel.Debug => level + 1,
            LogLevel.Information => LogLevel.Warning,
            _ => level,
        };
        VisibleLogLines.AddTo(logging, LogLevel.None);
        logging
            .SetMinimumLevel(frameworks)
            .AddFilter("CoKe", level)
            .AddFilter("Microsoft.Extensions.Hosting", level <= LogLevel.Debug ? frameworks : LogLevel.None); // a start that failed throws
        if (level < LogLevel.Information)
            return;

        // Its warnings tell of what it mends itself, such as a connection that is made anew; what matters of that, CoKe says in its own
        // words.
        var orleans = level == LogLevel.Critical ? level : LogLevel.Error;
        logging.AddFilter("Orleans", said => said >= orleans && !start.IsUnderWay);

        // When a silo dies, every call that was under way to it ends in an error here, with its stack, and is asked again.
        foreach (
            var category in (string[])
                [
                    "Polly",
                    "Orleans.Messaging",
                    "Orleans.Streams",
                    "Orleans.Runtime.GrainDirectory",
                    "Orleans.Runtime.GrainCallCancellationManager",
                ]
        )
            logging.AddFilter(category, LogLevel.Critical);
    }
}
