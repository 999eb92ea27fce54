using CoKe.Abstractions;
using CoKe.Abstractions.Rights;
using CoKe.Access;
using CoKe.Client;
using CoKe.Errors;
using CoKe.Settings;

namespace CoKe.Cli.Output;

/// <summary>What a command line adds to a sentence of the library: the command or the option that does what the sentence
/// advises.</summary>
static class Advice
{
    /// <summary>The sentence of an error, and what to type.</summary>
    public static string Of(CokeException error) =>
        error switch
        {
            SiloUnreachableException { Field: "gateway" } =>
                $"{error.Message} 'dotnet run -c Release --project src/Silo' starts one, --gateway names another.",
            SiloUnreachableException => $"{error.Message} --cluster gives the name.",
            UnknownRunException => $"{error.Message} 'coke runs' lists them.",
            AccessRefusedException refused => AccessSettings.Advise(refused),
            RightRefusedException => $"{error.Message} --token-file or COKE_TOKEN gives a token.",
            RunFaultedException => OfFault(error.Value, error.Message),
            _ => error.Message,
        };

    /// <summary>Why a run cannot go on, and what to type.</summary>
    /// <param name="run">Its name.</param>
    /// <param name="fault">The reason.</param>
    public static string OfFault(string run, string fault) =>
        fault.Contains(DamagedSnapshotException.Remedy, StringComparison.Ordinal)
            ? $"{fault} 'coke runs restore {run}' restores it."
            : fault;
}
