using CoKe.Access;
using CoKe.Settings;

namespace CoKe.Silo.Tests.Settings;

/// <summary>A library says what does not fit, and a command line by which option it is given.</summary>
public sealed class RefusalAdviceTests
{
    [Theory]
    [InlineData(AccessRefusal.TokenMissing, "asks for a token: give the cluster's.", "--token-file or COKE_TOKEN gives it.")]
    [InlineData(AccessRefusal.TokenWrong, "has another token: give the cluster's.", "--token-file or COKE_TOKEN gives it.")]
    [InlineData(
        AccessRefusal.TlsMissing,
        "speaks TLS: give a certificate, its key and the authority that signed the silo's.",
        "--tls-certificate, --tls-key and --tls-authority name their files."
    )]
    [InlineData(
        AccessRefusal.TlsUnexpected,
        "does not speak TLS: connect without it, or have the silo speak it.",
        "The options that begin with --tls make a program speak it."
    )]
    [InlineData(
        AccessRefusal.Full,
        "has as many connections as it takes: end clients that are not needed, or have it take more.",
        "Its --max-connections says how many it takes."
    )]
    [InlineData(
        AccessRefusal.SecretWrong,
        "is of other silos: give all of one cluster the same database or the same secret of silos, and the same tokens.",
        "--silo-token-file, --token-file and --feed-token-file name their files."
    )]
    public void Advise_AddsTheOptions_ToASentenceWithoutAny(AccessRefusal refusal, string sentence, string advice)
    {
        var refused = new AccessRefusedException(null, refusal);
        Assert.EndsWith(sentence, refused.Message);
        Assert.DoesNotContain("--", refused.Message);
        Assert.Equal($"{refused.Message} {advice}", AccessSettings.Advise(refused));
    }
}
