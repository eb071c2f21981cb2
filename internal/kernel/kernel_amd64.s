//go:build !purego

#include "textflag.h"

// func unpackBytesAVX2(out, in *uint8, blocks, width int, l *lanes)
//
// Each half of a vector gets the same 16 bytes, of which its lanes take two bytes
// each: the value and what stands around it.
TEXT ·unpackBytesAVX2(SB), NOSPLIT, $0-40
	MOVQ out+0(FP), DI
	MOVQ in+8(FP), SI
	MOVQ blocks+16(FP), CX
	MOVQ width+24(FP), R8
	MOVQ l+32(FP), BX
	ADDQ R8, R8
	VMOVDQU (BX), Y1
	VMOVDQU 32(BX), Y2
	VMOVDQU 64(BX), Y3

bytes:
	VBROADCASTI128 (SI), Y4
	VBROADCASTI128 (SI)(R8*1), Y5
	VPSHUFB Y1, Y4, Y4
	VPSHUFB Y1, Y5, Y5
	VPMULLW Y2, Y4, Y4
	VPMULLW Y2, Y5, Y5
	VPSRLW  $8, Y4, Y4
	VPSRLW  $8, Y5, Y5
	VPAND   Y3, Y4, Y4
	VPAND   Y3, Y5, Y5
	VPACKUSWB Y5, Y4, Y4 // halves interleave: 0-7, 16-23, 8-15, 24-31
	VPERMQ  $0xD8, Y4, Y4
	VMOVDQU Y4, (DI)
	LEAQ    (SI)(R8*2), SI
	ADDQ    $32, DI
	DECQ    CX
	JNZ     bytes
	VZEROUPPER
	RET

// func unpackShortsAVX2(out *uint16, in *uint8, blocks, width, half int, l *lanes)
TEXT ·unpackShortsAVX2(SB), NOSPLIT, $0-48
	MOVQ out+0(FP), DI
	MOVQ in+8(FP), SI
	MOVQ blocks+16(FP), CX
	MOVQ width+24(FP), R8
	MOVQ half+32(FP), R9
	MOVQ l+40(FP), BX
	LEAQ (R8)(R9*1), R10
	VMOVDQU (BX), Y1
	VMOVDQU 32(BX), Y2
	VMOVDQU 64(BX), Y3

shorts:
	VMOVDQU (SI), X4
	VMOVDQU (SI)(R8*1), X5
	VINSERTI128 $1, (SI)(R9*1), Y4, Y4
	VINSERTI128 $1, (SI)(R10*1), Y5, Y5
	VPSHUFB Y1, Y4, Y4
	VPSHUFB Y1, Y5, Y5
	VPSRLVD Y2, Y4, Y4
	VPSRLVD Y2, Y5, Y5
	VPAND   Y3, Y4, Y4
	VPAND   Y3, Y5, Y5
	VPACKUSDW Y5, Y4, Y4
	VPERMQ  $0xD8, Y4, Y4
	VMOVDQU Y4, (DI)
	LEAQ    (SI)(R8*2), SI
	ADDQ    $32, DI
	DECQ    CX
	JNZ     shorts
	VZEROUPPER
	RET

// func expandBytesAVX2(out, values, present *uint8, groups int, rows *[256][8]byte) (used int)
TEXT ·expandBytesAVX2(SB), NOSPLIT, $0-48
	MOVQ out+0(FP), DI
	MOVQ values+8(FP), SI
	MOVQ present+16(FP), DX
	MOVQ groups+24(FP), CX
	MOVQ rows+32(FP), BX
	MOVQ SI, R8

bytes:
	MOVBLZX (DX), AX
	VMOVQ   (SI), X0
	VMOVQ   (BX)(AX*8), X1
	VPSHUFB X1, X0, X0
	VMOVQ   X0, (DI)
	POPCNTL AX, AX
	ADDQ    AX, SI
	INCQ    DX
	ADDQ    $8, DI
	DECQ    CX
	JNZ     bytes
	SUBQ    R8, SI
	MOVQ    SI, used+40(FP)
	RET

// func expandShortsAVX2(out, values *uint16, present *uint8, groups int, rows *[256][16]byte) (used int)
TEXT ·expandShortsAVX2(SB), NOSPLIT, $0-48
	MOVQ out+0(FP), DI
	MOVQ values+8(FP), SI
	MOVQ present+16(FP), DX
	MOVQ groups+24(FP), CX
	MOVQ rows+32(FP), BX
	MOVQ SI, R8

shorts:
	MOVBLZX (DX), AX
	VMOVDQU (SI), X0
	MOVL    AX, R9
	SHLL    $4, R9
	VPSHUFB (BX)(R9*1), X0, X0
	VMOVDQU X0, (DI)
	POPCNTL AX, AX
	LEAQ    (SI)(AX*2), SI
	INCQ    DX
	ADDQ    $16, DI
	DECQ    CX
	JNZ     shorts
	SUBQ    R8, SI
	SHRQ    $1, SI
	MOVQ    SI, used+40(FP)
	RET

// func expandWordsAVX2(out, values *uint64, present *uint8, groups int, rows *[16]struct{ takes, has [8]uint32 }) (used int)
TEXT ·expandWordsAVX2(SB), NOSPLIT, $0-48
	MOVQ out+0(FP), DI
	MOVQ values+8(FP), SI
	MOVQ present+16(FP), DX
	MOVQ groups+24(FP), CX
	MOVQ rows+32(FP), BX
	MOVQ SI, R8

words:
	MOVBLZX (DX), AX
	MOVL    AX, R9
	MOVL    AX, R10
	ANDL    $15, R9
	ANDL    $0xF0, R10
	POPCNTL R9, R11
	POPCNTL AX, AX
	SHLL    $6, R9
	SHLL    $2, R10
	VMOVDQU (BX)(R9*1), Y0
	VMOVDQU (BX)(R10*1), Y1
	VPERMD  (SI), Y0, Y0
	VPERMD  (SI)(R11*8), Y1, Y1
	VPAND   32(BX)(R9*1), Y0, Y0
	VPAND   32(BX)(R10*1), Y1, Y1
	VMOVDQU Y0, (DI)
	VMOVDQU Y1, 32(DI)
	LEAQ    (SI)(AX*8), SI
	INCQ    DX
	ADDQ    $64, DI
	DECQ    CX
	JNZ     words
	SUBQ    R8, SI
	SHRQ    $3, SI
	MOVQ    SI, used+40(FP)
	VZEROUPPER
	RET

// func anyByteAboveAVX2(codes *uint8, blocks int, last uint8) bool
TEXT ·anyByteAboveAVX2(SB), NOSPLIT, $0-25
	MOVQ codes+0(FP), SI
	MOVQ blocks+8(FP), CX
	VPBROADCASTB last+16(FP), Y0
	VPXOR Y1, Y1, Y1
	VPXOR Y2, Y2, Y2
	SHRQ  $1, CX
	JNC   pairs
	VMOVDQU (SI), Y1
	ADDQ  $32, SI

pairs:
	TESTQ CX, CX
	JZ    done
	VPMAXUB (SI), Y1, Y1
	VPMAXUB 32(SI), Y2, Y2
	ADDQ  $64, SI
	DECQ  CX
	JMP   pairs

done:
	VPMAXUB  Y2, Y1, Y1
	VPSUBUSB Y0, Y1, Y1
	VPTEST   Y1, Y1
	SETNE    ret+24(FP)
	VZEROUPPER
	RET

// func copyTextsAVX2(ends *int32, count int, to, from *uint8, at int32) (k, used, grown int)
TEXT ·copyTextsAVX2(SB), NOSPLIT, $0-64
	MOVQ ends+0(FP), BX
	MOVQ count+8(FP), CX
	MOVQ to+16(FP), DI
	MOVQ from+24(FP), SI
	MOVL at+32(FP), DX
	XORL R8, R8 // texts taken
	MOVQ SI, R9
	MOVQ DI, R10
	SUBL DI, DX // at - to, so that an end is to + DX

texts:
	CMPQ    R8, CX
	JGE     done
	VMOVDQU 4(SI), Y0
	MOVL    (SI), AX
	VMOVDQU Y0, (DI)
	VPMOVMSKB Y0, R11
	LEAL    -1(AX), R12
	CMPL    R12, $32
	JAE     done // empty or longer
	TESTL   R11, R11
	JNZ     done // perhaps not ASCII
	LEAQ    4(SI)(AX*1), SI
	ADDQ    AX, DI
	LEAL    (DX)(DI*1), R12
	MOVL    R12, (BX)(R8*4)
	INCQ    R8
	JMP     texts

done:
	SUBQ R9, SI
	SUBQ R10, DI
	MOVQ R8, k+40(FP)
	MOVQ SI, used+48(FP)
	MOVQ DI, grown+56(FP)
	VZEROUPPER
	RET

// func finiteAVX2(out, in *float64, blocks int) (done int)
TEXT ·finiteAVX2(SB), NOSPLIT, $0-32
	MOVQ out+0(FP), DI
	MOVQ in+8(FP), SI
	MOVQ blocks+16(FP), CX
	XORL R8, R8
	VXORPD Y3, Y3, Y3

finite:
	CMPQ R8, CX
	JGE  done
	VMOVUPD (SI), Y0
	VSUBPD  Y0, Y0, Y1 // not a number for those that are not finite
	VCMPPD  $3, Y1, Y1, Y1
	VTESTPD Y1, Y1
	JNZ     done
	VADDPD  Y3, Y0, Y0
	VMOVUPD Y0, (DI)
	ADDQ $32, SI
	ADDQ $32, DI
	INCQ R8
	JMP  finite

done:
	MOVQ R8, done+24(FP)
	VZEROUPPER
	RET

// func scaleAVX2(out *float64, in *int64, blocks int, unit float64) (done int)
//
// The sum with 2^52 + 2^51, in the bits of a double, is a double of so much more.
TEXT ·scaleAVX2(SB), NOSPLIT, $0-40
	MOVQ out+0(FP), DI
	MOVQ in+8(FP), SI
	MOVQ blocks+16(FP), CX
	VBROADCASTSD unit+24(FP), Y3
	XORL R8, R8
	MOVQ $0x4338000000000000, AX
	MOVQ AX, X4
	VPBROADCASTQ X4, Y4
	MOVQ $0x0008000000000000, AX
	MOVQ AX, X5
	VPBROADCASTQ X5, Y5

scale:
	CMPQ R8, CX
	JGE  done
	VMOVDQU (SI), Y0
	VPADDQ  Y5, Y0, Y1
	VPSRLQ  $52, Y1, Y1
	VPTEST  Y1, Y1
	JNZ     done // outside of -2^51 to 2^51
	VPADDQ  Y4, Y0, Y0
	VSUBPD  Y4, Y0, Y0
	VDIVPD  Y3, Y0, Y0
	VMOVUPD Y0, (DI)
	ADDQ $32, SI
	ADDQ $32, DI
	INCQ R8
	JMP  scale

done:
	MOVQ R8, done+32(FP)
	VZEROUPPER
	RET
