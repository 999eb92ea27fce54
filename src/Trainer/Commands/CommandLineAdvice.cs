using CoKe.Abstractions;
using CoKe.Abstractions.Rights;
using CoKe.Access;
using CoKe.Client;
using CoKe.Settings;

namespace CoKe.Trainer.Commands;

/// <summary>What a command line adds to a sentence of the library: the command or the option that does what the sentence
/// advises.</summary>
static class CommandLineAdvice
{
    /// <summary>The sentence of an error, and what to type.</summary>
    public static string Of(Exception error) =>
        error switch
        {
            SiloUnreachableException { Field: "gateway" } =>
                $"{error.Message} 'dotnet run -c Release --project src/Silo' starts one, --gateway names another.",
            SiloUnreachableException => $"{error.Message} --cluster gives the name.",
            AccessRefusedException refused => AccessSettings.Advise(refused),
            RightRefusedException => $"{error.Message} --token-file or COKE_TOKEN gives a token.",
            RunFaultedException fault when fault.Message.Contains(DamagedSnapshotException.Remedy, StringComparison.Ordinal) =>
                $"{fault.Message} 'coke runs restore {fault.Value}' restores it.",
            _ => error.Message,
        };
}
