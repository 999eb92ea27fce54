using System.Globalization;
using CoKe.Errors;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace CoKe.Grains.Hosting;

/// <summary>
/// The log of a silo: one line for each entry, with time, level, category and text. What strangers wrote in it is shown and steers nothing,
/// see <see cref="VisibleText"/>.
/// </summary>
/// <param name="time">Tells the time.</param>
sealed class VisibleLogLines(TimeProvider time) : ConsoleFormatter(FormatName)
{
    const string FormatName = "coke";

    /// <summary>Writes the log to the console, in this form.</summary>
    /// <param name="logging">Of the host.</param>
    /// <param name="toError">The least level that goes to standard error, not to standard output.</param>
    public static void AddTo(ILoggingBuilder logging, LogLevel toError)
    {
        logging.Services.AddSingleton<ConsoleFormatter>(new VisibleLogLines(TimeProvider.System));
        logging.AddConsole(console => (console.FormatterName, console.LogToStandardErrorThreshold) = (FormatName, toError));
    }

    /// <inheritdoc/>
    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var said = logEntry.Formatter(logEntry.State, logEntry.Exception);
        var text = logEntry.Exception is { } exception ? $"{said} {exception}" : said;
        textWriter.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{time.GetUtcNow():yyyy-MM-ddTHH:mm:ss.fffZ} {Short(logEntry.LogLevel)}: "
                    + $"{logEntry.Category}[{logEntry.EventId.Id}] {OneLine(text)}"
            )
        );
    }

    static string OneLine(string text) => VisibleText.Line(text.ReplaceLineEndings(" "));

    // The words of .NET's own log, by which people filter.
    static string Short(LogLevel level) =>
        level switch
        {
            LogLevel.Trace => "trce",
            LogLevel.Debug => "dbug",
            LogLevel.Information => "info",
            LogLevel.Warning => "warn",
            LogLevel.Error => "fail",
            _ => "crit",
        };
}
